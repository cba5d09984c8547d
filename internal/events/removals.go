package events

// Removals counts the resources that left the tables of a ring since it was first
// watched.
type Removals struct {
	Ring   uint64
	Total  uint64            // files and buffers; C: nodes freed
	BySlot map[uint32]uint64 // files; nil where slots are not counted
}
