package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Tolerance is how much worse than its budget a counted ratio may be: counted runs
// repeat within less.
const Tolerance = 1.05

// Budget is what an observer may cost a kind of work on a kernel, by counted
// ratios.
type Budget struct {
	Kernel   string `json:"kernel"`
	Work     string `json:"work"`
	Observer string `json:"observer"`
	// Own is as in Slowdown, and repeats within a percent or two. Its other ratios are
	// not held to a budget: on one processor they have whatever the observer happened
	// to do or to put off meanwhile.
	Own float64 `json:"own"`
}

// Budgets is the list that lies in the repository.
type Budgets []Budget

// ReadBudgets reads what Write has written.
func ReadBudgets(r io.Reader) (Budgets, error) {
	var b Budgets
	if err := json.NewDecoder(r).Decode(&b); err != nil {
		return nil, fmt.Errorf("read budgets: %w", err)
	}
	return b, nil
}

// Write writes one budget a line.
func (b Budgets) Write(w io.Writer) error {
	lines := []string{}
	for _, each := range b {
		line, err := json.Marshal(each)
		if err != nil {
			return fmt.Errorf("write budgets: %w", err)
		}
		lines = append(lines, string(line))
	}
	if _, err := fmt.Fprintf(w, "[\n%s\n]\n", strings.Join(lines, ",\n")); err != nil {
		return fmt.Errorf("write budgets: %w", err)
	}
	return nil
}

// Record makes what r has measured the budget.
func (b Budgets) Record(r *Result) Budgets {
	for _, s := range r.Slowdowns {
		i := b.find(r.Kernel, s)
		if i < 0 {
			i, b = len(b), append(b, Budget{Kernel: r.Kernel, Work: s.Work, Observer: s.Observer})
		}
		b[i].Own = rounded(s.Own)
	}
	slices.SortStableFunc(b, func(x, y Budget) int {
		return cmp.Or(cmp.Compare(len(x.Kernel), len(y.Kernel)), cmp.Compare(x.Kernel, y.Kernel))
	})
	return b
}

// Check returns a sentence for everything that is over its budget, has none, or has
// one and was not measured.
func (b Budgets) Check(r *Result) []string {
	var wrong []string
	left := make(map[int]bool)
	for i, each := range b {
		left[i] = each.Kernel == r.Kernel
	}
	for _, s := range r.Slowdowns {
		i := b.find(r.Kernel, s)
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("%s, %s, %s: no budget is recorded", r.Kernel, s.Work, s.Observer))
			continue
		}
		left[i] = false
		wrong = append(wrong, b[i].check(s)...)
	}
	for i, each := range b {
		if left[i] {
			wrong = append(wrong, each.name()+": not measured")
		}
	}
	return wrong
}

func (b *Budget) name() string { return fmt.Sprintf("%s, %s, %s", b.Kernel, b.Work, b.Observer) }

func (b *Budget) check(s Slowdown) []string {
	if s.Missing != "" {
		return []string{b.name() + ": not measured: " + s.Missing}
	}
	if s.Own > b.Own*Tolerance {
		return []string{fmt.Sprintf("%s: the work's own processor time %.3f, budget %.3f", b.name(), s.Own, b.Own)}
	}
	return nil
}

func (b Budgets) find(kernel string, s Slowdown) int {
	return slices.IndexFunc(b, func(each Budget) bool {
		return each.Kernel == kernel && each.Work == s.Work && each.Observer == s.Observer
	})
}

func rounded(ratio float64) float64 { return float64(int(ratio*1000+0.5)) / 1000 }
