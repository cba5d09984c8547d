package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

func sample() *Result {
	return &Result{
		Kernel: "6.12", Release: "6.12.117", Mode: Counted,
		Slowdowns: []Slowdown{
			{Work: "churn", Observer: "watch", BaseNS: 12848, Ratio: 1.06, Low: 1.05, High: 1.07, Own: 1.04, All: 1.1, ObserverNS: 12.4, ReadyMS: 800, Operations: 100, Lost: 3, Said: "so"},
			{Work: "churn", Observer: "perf", Missing: "not installed"},
			{Work: "nop", Observer: "watch", BaseNS: 2000, Ratio: 1, Low: 1, High: 1, Own: 1},
		},
		Answers: []Answer{
			{Tool: "explain", Nodes: 10, MS: 500, WalkMS: 1.25, Peak: 12 << 20},
			{Tool: "explain", Nodes: 1000, MS: 501, WalkMS: 2, Peak: 12 << 20},
			{Tool: "explain", Nodes: 100010, MS: 600, WalkMS: 21.25, Peak: 12<<20 + 6400000},
			{Tool: "attach", Nodes: 100010, MS: 900, Peak: 12 << 20},
			{Tool: "drgn", Missing: "not installed"},
		},
	}
}

func TestMarkdown(t *testing.T) {
	qt.Assert(t, qt.Equals(sample().Markdown(), strings.ReplaceAll(`### 6.12, counted (6.12.117)

'churn', 12848 ns an operation:

| observer | slowdown |      cycles |   own |   all | observer ns | ready ms | lost | says          |
| -------- | -------- | ----------- | ----- | ----- | ----------- | -------- | ---- | ------------- |
| watch    |    1.060 | 1.050–1.070 | 1.040 | 1.100 |          12 |      800 |    3 | so            |
| perf     |          |             |       |       |             |          |      | not installed |

'nop', 2000 ns an operation:

| observer | slowdown |      cycles |   own | all | observer ns | ready ms | lost | says |
| -------- | -------- | ----------- | ----- | --- | ----------- | -------- | ---- | ---- |
| watch    |    1.000 | 1.000–1.000 | 1.000 |     |           0 |        0 |    0 |      |

Questions:

| tool    |  nodes |  ms | ns a node | walk ms | walk ns a node | peak KiB | bytes a node | says          |
| ------- | ------ | --- | --------- | ------- | -------------- | -------- | ------------ | ------------- |
| explain |     10 | 500 |           |     1.2 |                |    12288 |              |               |
| explain |   1000 | 501 |           |     2.0 |                |    12288 |              |               |
| explain | 100010 | 600 |      1000 |    21.2 |            200 |    18538 |           64 |               |
| attach  | 100010 | 900 |         0 |         |                |    12288 |            0 |               |
| drgn    |        |     |           |         |                |          |              | not installed |

`, "'", "`")))
}

func TestResultIsWrittenAndRead(t *testing.T) {
	var out bytes.Buffer
	qt.Assert(t, qt.IsNil(sample().Write(&out)))
	r, err := Read(&out)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.DeepEquals(r, sample()))
}

func TestGoBench(t *testing.T) {
	list, err := ReadGoBench(strings.NewReader(`goos: linux
BenchmarkApply/ordered-2         	17543859	        68.20 ns/op	  14662389 events/s	       0 B/op	       0 allocs/op
BenchmarkQueue/ordered/1000000-2 	       1	1503280000 ns/op	        61.50 B/node
BenchmarkOdd-looking             	       1	5 ns/op
PASS
`))
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(list, 3))
	qt.Assert(t, qt.Equals(list[2].Name, "Odd-looking"))
	qt.Assert(t, qt.Equals(GoTable(list[:2]), `| benchmark             |         ns | events/s | allocations | bytes a node |
| --------------------- | ---------- | -------- | ----------- | ------------ |
| Apply/ordered         |         68 | 14662389 |           0 |              |
| Queue/ordered/1000000 | 1503280000 |          |             |           62 |
`))
}

func TestGoBenchRefuses(t *testing.T) {
	_, err := ReadGoBench(strings.NewReader("BenchmarkApply-2 1 fast ns/op\n"))
	qt.Assert(t, qt.IsNotNil(err))
}
