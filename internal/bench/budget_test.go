package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

func measured(kernel string, own float64) *Result {
	return &Result{Kernel: kernel, Slowdowns: []Slowdown{{Work: "churn", Observer: "watch", Own: own}}}
}

func TestBudgetsAreRecordedAndRead(t *testing.T) {
	var b Budgets
	b = b.Record(measured("6.12", 1.5))
	b = b.Record(measured("6.1", 1.25))
	b = b.Record(measured("6.12", 1.06049))
	var out bytes.Buffer
	qt.Assert(t, qt.IsNil(b.Write(&out)))
	qt.Assert(t, qt.Equals(out.String(), `[
{"kernel":"6.1","work":"churn","observer":"watch","own":1.25},
{"kernel":"6.12","work":"churn","observer":"watch","own":1.06}
]
`))
	again, err := ReadBudgets(&out)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.DeepEquals(again, b))
}

func TestNoBudgetsAreAListToo(t *testing.T) {
	var out bytes.Buffer
	qt.Assert(t, qt.IsNil(Budgets{}.Write(&out)))
	b, err := ReadBudgets(&out)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(b, 0))
}

func TestCheck(t *testing.T) {
	b := Budgets{}.Record(measured("6.12", 1.2))
	for _, tt := range []struct {
		name string
		got  *Result
		want string
	}{
		{"as recorded", measured("6.12", 1.2), ""},
		{"better", measured("6.12", 1.0), ""},
		{"within tolerance", measured("6.12", 1.259), ""},
		{"slower", measured("6.12", 1.27), "6.12, churn, watch: the work's own processor time 1.270, budget 1.200"},
		{"another kernel", measured("6.1", 1.2), "6.1, churn, watch: no budget is recorded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			qt.Assert(t, qt.Equals(strings.Join(b.Check(tt.got), "; "), tt.want))
		})
	}
}

// What is not measured is not within its budget.
func TestCheckMissing(t *testing.T) {
	b := Budgets{}.Record(measured("6.12", 1.2))
	r := &Result{Kernel: "6.12", Slowdowns: []Slowdown{{Work: "churn", Observer: "watch", Missing: "not installed"}}}
	qt.Assert(t, qt.DeepEquals(b.Check(r), []string{"6.12, churn, watch: not measured: not installed"}))
	r.Slowdowns = nil
	qt.Assert(t, qt.DeepEquals(b.Check(r), []string{"6.12, churn, watch: not measured"}))
}
