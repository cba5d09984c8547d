package bench

import (
	"cmp"
	"slices"
)

// Series are rounds of the same work under the same observer, all in nanoseconds
// an operation.
type Series struct {
	// Elapsed is how long each round took, Own the processor time that the working
	// thread itself used in it.
	Elapsed, Own []float64
	// Machine is the processor time of all tasks from the begin of the first round
	// until all has settled after the last, above that of a machine without work: with
	// what the kernel does later and what the observer does behind. 0: not measured.
	Machine float64
}

// Traced is what was seen of an observer at work.
type Traced struct {
	Series
	// Base are rounds without it, some before and some after.
	Base Series
	// ObserverNS is processor time of the observer's own process, as Series.Machine.
	ObserverNS float64
	// ReadyMS is the time from its start until it observes.
	ReadyMS float64
	// Operations is how many it could see.
	Operations int
	// Lost is how many events did not arrive, by what the observer says itself.
	Lost uint64
	// Said is what it says beside that.
	Said string
	// Failed says why there is nothing to see.
	Failed string
}

// Slowdown is what an observer costs one kind of work: medians of some cycles.
type Slowdown struct {
	// Work is the workload's scenario.
	Work     string `json:"work"`
	Observer string `json:"observer"`
	// Missing says why there are no figures: the observer is not installed, or failed.
	Missing string `json:"missing,omitempty"`
	// BaseNS is how long an operation takes without an observer.
	BaseNS float64 `json:"base_ns"`
	// Ratio is how many times as long it takes with one. Low and High are the
	// extremes of the cycles.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Own is the ratio of processor time of the working thread alone: what is left of
	// the slowdown where the observer has a processor of its own.
	Own float64 `json:"own"`
	// All is the ratio of processor time of everything, until all has settled. 0: it is
	// not told for work whose rounds leave nothing to do.
	All float64 `json:"all,omitempty"`
	// ObserverNS is the observer's own processor time for an operation.
	ObserverNS float64 `json:"observer_ns"`
	ReadyMS    float64 `json:"ready_ms"`
	Operations int     `json:"operations"`
	Lost       uint64  `json:"lost"`
	Said       string  `json:"said,omitempty"`
}

// Sum makes one result of all cycles, of which there must be one.
func Sum(work, observer string, cycles []Traced) Slowdown {
	s := Slowdown{Work: work, Observer: observer}
	var base, ratio, own, all, used, ready []float64
	for _, c := range cycles {
		if c.Failed != "" {
			return Slowdown{Work: work, Observer: observer, Missing: c.Failed}
		}
		base = append(base, Median(c.Base.Elapsed))
		ratio = append(ratio, Median(c.Elapsed)/Median(c.Base.Elapsed))
		own = append(own, Median(c.Own)/Median(c.Base.Own))
		if c.Base.Machine > 0 {
			all = append(all, c.Machine/c.Base.Machine)
		}
		used, ready = append(used, c.ObserverNS), append(ready, c.ReadyMS)
		s.Operations += c.Operations
		s.Lost += c.Lost
		s.Said = cmp.Or(s.Said, c.Said)
	}
	s.BaseNS, s.Ratio, s.Own, s.All = Median(base), Median(ratio), Median(own), Median(all)
	s.Low, s.High = slices.Min(ratio), slices.Max(ratio)
	s.ObserverNS, s.ReadyMS = Median(used), Median(ready)
	return s
}

// Join makes one series of two.
func Join(a, b Series) Series {
	return Series{
		Elapsed: slices.Concat(a.Elapsed, b.Elapsed),
		Own:     slices.Concat(a.Own, b.Own),
		Machine: (a.Machine + b.Machine) / 2,
	}
}

// Median is the middle of the values, 0 without any. They stay in their order.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
