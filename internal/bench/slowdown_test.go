package bench

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func TestMedian(t *testing.T) {
	values := []float64{3, 1, 2}
	qt.Assert(t, qt.Equals(Median(values), 2))
	qt.Assert(t, qt.DeepEquals(values, []float64{3, 1, 2}))
	qt.Assert(t, qt.Equals(Median([]float64{4, 1, 2, 3}), 2.5))
	qt.Assert(t, qt.Equals(Median(nil), 0))
}

// under is a cycle in which every operation takes 100 ns, and ratio times that under
// the observer.
func under(ratio float64) Traced {
	return Traced{
		Series:     Series{Elapsed: []float64{100 * ratio, 900, 0}, Own: []float64{90 * ratio}, Machine: 120 * ratio},
		Base:       Series{Elapsed: []float64{90, 100, 200}, Own: []float64{90}, Machine: 120},
		ObserverNS: 7, ReadyMS: 3, Operations: 30, Lost: 2, Said: "so",
	}
}

func TestSum(t *testing.T) {
	s := Sum("churn", "watch", []Traced{under(2), under(4), under(1.5)})
	qt.Assert(t, qt.DeepEquals(s, Slowdown{
		Work: "churn", Observer: "watch", BaseNS: 100,
		Ratio: 2, Low: 1.5, High: 4, Own: 2, All: 2,
		ObserverNS: 7, ReadyMS: 3, Operations: 90, Lost: 6, Said: "so",
	}))
}

func TestSumOfWorkThatLeavesNothing(t *testing.T) {
	c := under(2)
	c.Machine, c.Base.Machine = 0, 0
	qt.Assert(t, qt.Equals(Sum("nop", "watch", []Traced{c}).All, 0))
}

func TestSumOfAFailure(t *testing.T) {
	s := Sum("churn", "perf", []Traced{under(2), {Failed: "no such event"}})
	qt.Assert(t, qt.DeepEquals(s, Slowdown{Work: "churn", Observer: "perf", Missing: "no such event"}))
}

func TestJoin(t *testing.T) {
	a := Series{Elapsed: []float64{1}, Own: []float64{2}, Machine: 3}
	b := Series{Elapsed: []float64{4}, Own: []float64{5}, Machine: 6}
	qt.Assert(t, qt.DeepEquals(Join(a, b), Series{Elapsed: []float64{1, 4}, Own: []float64{2, 5}, Machine: 4.5}))
}
