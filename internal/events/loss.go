package events

// Loss counts what the kernel side could not deliver since the hooks went live. It
// takes a moment: all that it counts happened before End.
type Loss struct {
	Begin, End uint64            // ns, CLOCK_MONOTONIC
	ByKind     map[Kind]uint64   // records that did not fit the ring buffer
	ByRing     map[uint64]uint64 // the same by ring; it has every ring that was followed at Begin, and is there still
	// Elsewhere are those of ByKind that no ring in ByRing accounts for: the ring
	// is not followed any more, or its end is among what was lost.
	Elsewhere uint64
	Socks     uint64 // sockets whose release can't be followed: no room to remember them
	Rings     uint64 // rings whose events can't be followed: no room to remember them
	Calls     uint64 // calls whose return could not be paired with their entry
	Missed    uint64 // hook executions that the kernel skipped
	Broken    uint64 // records that could not be decoded
}

// Events is the number of events that never arrived.
func (l *Loss) Events() uint64 {
	n := l.Calls + l.Missed + l.Broken
	for _, lost := range l.ByKind {
		n += lost
	}
	return n
}

// Anonymous is the number of those that may be any ring's.
func (l *Loss) Anonymous() uint64 { return l.Elsewhere + l.Calls + l.Missed + l.Broken }
