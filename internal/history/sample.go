package history

import "uringtrace/internal/events"

// Sample is how many sockets were in use in the process's network namespace, in one
// interval.
type Sample struct {
	Begin uint64 // of the interval
	Time  uint64 // of the last sample in it
	Used  int    // as of then
	Most  int
	Least int
}

// Sockets are the samples, by time.
func (h *History) Sockets() []Sample { return h.samples }

func (h *History) sample(used int) {
	next := Sample{Begin: h.slot(), Time: h.end, Used: used, Most: used, Least: used}
	if n := len(h.samples); n > 0 && h.samples[n-1].Begin == next.Begin {
		h.samples[n-1].add(&next)
		return
	}
	h.samples = append(h.samples, next)
}

func (s *Sample) add(next *Sample) {
	s.Time, s.Used = next.Time, next.Used
	s.Most, s.Least = max(s.Most, next.Most), min(s.Least, next.Least)
}

func widenSamples(all []Sample, begin, width uint64) []Sample {
	kept := all[:0]
	for _, next := range all {
		next.Begin -= (next.Begin - begin) % width
		if n := len(kept); n > 0 && kept[n-1].Begin == next.Begin {
			kept[n-1].add(&next)
			continue
		}
		kept = append(kept, next)
	}
	return kept
}

// Loss is how many events had not arrived by some time, in all.
type Loss struct {
	Time   uint64
	Events uint64
}

// Losses are the times at which more had been lost, MostSpans at most: of those too
// near to each other the later is kept.
func (h *History) Losses() []Loss { return h.losses }

func (h *History) lose(l *events.Loss) {
	total := l.Events()
	n := len(h.losses)
	switch {
	case n == 0 && total == 0, n > 0 && h.losses[n-1].Events == total:
		return
	case n == MostSpans:
		nearest := 0
		for i := range n - 1 {
			if h.losses[i+1].Time-h.losses[i].Time < h.losses[nearest+1].Time-h.losses[nearest].Time {
				nearest = i
			}
		}
		h.losses = append(h.losses[:nearest], h.losses[nearest+1:]...)
	}
	h.losses = append(h.losses, Loss{Time: h.end, Events: total})
}
