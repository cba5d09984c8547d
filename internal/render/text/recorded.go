package text

// Recorded is what went into a recording.
type Recorded struct {
	Events, Walks uint64
	Dropped       uint64 // entries that found no room
	Bytes         uint64
}

// String is that in words.
func (r Recorded) String() string {
	s := count(r.Events, "event") + " and " + count(r.Walks, "walk") + " in " + size(r.Bytes)
	if r.Dropped > 0 {
		s += "; " + countOf(r.Dropped, "entry", "entries") + " found no room because the disk was too slow, and count as lost"
	}
	return s
}
