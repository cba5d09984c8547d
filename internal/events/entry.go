package events

// EntryKind says what an Entry tells.
type EntryKind uint8

// The kinds of entries, by what they carry.
const (
	Heard     EntryKind = iota + 1 // Event: a hook spoke
	Unheard                        // Ring, Why, Settles: its events are not in the window of the next Joined
	Joined                         // Walk, Window: a walk, and the events from shortly before it until it ended
	Held                           // Walk: it tells who holds what; the events until its end were heard before
	Checked                        // Walk: the same as Held, and to be held against what the events say
	Lost                           // Loss: the total of what did not arrive until then
	Counted                        // Removals: the totals of who only counts them
	Sampled                        // Sockets: those in use in the process's network namespace
	Exited                         // the process has ended
	Explained                      // an explanation was asked for
	Stacked                        // Stack: what an id of a stack stands for
	entryCount
)

// Valid reports whether there is such a kind.
func (k EntryKind) Valid() bool { return k > 0 && k < entryCount }

// Entry is one thing that was learned of a process. Who takes the same entries in
// the same order comes to the same answers. What it points to is valid until the
// call returns that it was handed to.
type Entry struct {
	Kind     EntryKind
	Settles  bool   // Unheard: another walk can mend that
	Time     uint64 // ns, CLOCK_MONOTONIC: when it was learned
	Ring     uint64
	Why      string
	Event    *Event
	Window   []Event
	Walk     *Walk
	Loss     *Loss
	Removals []Removals
	Sockets  int
	Stack    *Stack
}
