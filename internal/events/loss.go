package events

// Loss counts what the kernel side could not deliver since the hooks went live.
type Loss struct {
	ByKind map[Kind]uint64   // records that did not fit the ring buffer
	ByRing map[uint64]uint64 // the same by ring
	Socks  uint64            // sockets whose release can't be followed: no room to remember them
	Calls  uint64            // calls whose return could not be paired with their entry
	Missed uint64            // hook executions that the kernel skipped
	Broken uint64            // records that could not be decoded
}

// Events is the number of events that never arrived.
func (l *Loss) Events() uint64 {
	n := l.Calls + l.Missed + l.Broken
	for _, lost := range l.ByKind {
		n += lost
	}
	return n
}
