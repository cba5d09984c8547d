package workload

// Ready is the ground truth about what a tracer should find before the removals.
type Ready struct {
	// TID is the only thread that submits to the rings.
	TID int `json:"tid"`
	// Ring is the one that the first pin is on, or the only one.
	Ring
	// Others are the further rings.
	Others   []Ring    `json:"other_rings,omitempty"`
	Listener *Listener `json:"listener"`
}

// Ring is one io_uring instance and its tables.
type Ring struct {
	// RingFD is its descriptor, or NoFD.
	RingFD int `json:"ring_fd"`
	// Registered is its index among the registered rings of the thread, if it has
	// no descriptor.
	Registered *int `json:"registered,omitempty"`
	// RingFlags are the set-up flags in the kernel's words without IORING_SETUP_.
	RingFlags []string `json:"ring_flags"`
	// Slots is the size of the fixed file table, 0 without one.
	Slots int `json:"slots"`
	// Buffers is the size of the buffer table, 0 without one.
	Buffers int `json:"buffer_slots,omitempty"`
	// Sharers are the other processes that have it open.
	Sharers []Sharer `json:"sharers,omitempty"`
}

// NoFD stands for a descriptor that is closed.
const NoFD = -1

// Sharer is another process that has the ring open.
type Sharer struct {
	PID int `json:"pid"`
	FD  int `json:"fd"`
}

// Listener is the listening TCP socket.
type Listener struct {
	// Addr is IP:port.
	Addr string `json:"addr"`
	// Slot is its place in the fixed file table, or NoSlot.
	Slot int `json:"slot"`
	// FD is its ordinary descriptor, which stays open beside the slot.
	FD int `json:"fd"`
	// Inode is the socket's.
	Inode uint64 `json:"inode"`
}

// NoSlot stands for a file or buffer that is not used through a table.
const NoSlot = -1

// Pin is a request that stays in flight.
type Pin struct {
	// Ring is 0 for the ring described first, n for the n-th of the others.
	Ring int `json:"ring"`
	// Op is the opcode in the kernel's words without IORING_OP_.
	Op       string   `json:"op"`
	UserData UserData `json:"user_data"`
	// Slot is the fixed slot it was issued on, or NoSlot.
	Slot int `json:"slot"`
	// Buffer is the registered buffer it was issued on, or NoSlot. With neither
	// slot nor buffer it holds no resource node.
	Buffer int `json:"buffer"`
	// Inode is that of the file it waits for.
	Inode     uint64 `json:"inode"`
	Multishot bool   `json:"multishot"`
	// State is where the kernel keeps it: StatePoll or StateWorker.
	State string `json:"state"`
	// Depth is the number of removals on its ring before it was issued: its node is
	// the one that the next removal fills. If nothing of an ordered queue was
	// released until then, it is also the node's position in it.
	Depth int `json:"depth"`
	// TID is the thread that submitted it, the kernel's own on an SQPOLL ring.
	TID int `json:"tid"`
}

// Where the kernel keeps a request in flight.
const (
	// StatePoll: armed in a poll table.
	StatePoll = "poll"
	// StateWorker: a worker thread runs it, and sleeps in it.
	StateWorker = "io-wq"
)

// HoldsNode reports whether the request keeps removed resources alive.
func (p Pin) HoldsNode() bool { return p.Slot != NoSlot || p.Buffer != NoSlot }

// Round is one round of equal operations.
type Round struct {
	// Number counts the rounds from 0.
	Number int `json:"round"`
	// Operations is how many it had.
	Operations int `json:"round_ops"`
	// NS is how long they took, in nanoseconds of CLOCK_MONOTONIC.
	NS int64 `json:"round_ns"`
	// OwnNS is the processor time that the thread used meanwhile.
	OwnNS int64 `json:"round_own_ns"`
}

// Done is the ground truth about the removals.
type Done struct {
	// Sockets is the number of sockets put into the tables and removed again.
	Sockets int `json:"sockets"`
	// Direct says that the sockets never had a descriptor.
	Direct bool `json:"direct"`
	// Buffers is the number of registered buffers removed.
	Buffers int `json:"buffers"`
	// ChurnSlot is the slot they all passed through, in either table, or NoSlot.
	ChurnSlot int `json:"churn_slot"`
	// Removals is the number of resources removed on each ring, in the order of the
	// rings. Each is one node, except in random, where a call may remove several.
	Removals []int `json:"removals"`
	// Behind is how many of the sockets were removed behind a request in flight that
	// holds a node on the same ring. A kernel with an ordered queue keeps them all, one
	// with independent nodes none.
	Behind int `json:"sockets_behind"`
	// ElapsedNS is how long the removals took, in nanoseconds.
	ElapsedNS int64 `json:"elapsed_ns"`
	// SocketsUsedBefore is SocketsUsed just before the first removal.
	SocketsUsedBefore int `json:"sockets_used_before"`
}

// Tags are the marks First, First+1, ... of the removed resources in their order.
type Tags struct {
	First UserData `json:"first"`
	Count int      `json:"count"`
	// Released is how many the kernel has posted: those resources are released.
	Released int `json:"released"`
}

// Acted is the ground truth about a remedy.
type Acted struct {
	// Action is what was tried, the scenario's name.
	Action string `json:"action"`
	// Result is what the action returned: 0 or a count, or -errno.
	Result int `json:"result"`
	// Blocked says that it did not return by itself and was interrupted.
	Blocked bool `json:"blocked"`
	// ActionNS is how long it took, in nanoseconds.
	ActionNS int64 `json:"action_ns"`
	// Extra is the number of sockets that the action itself has made and left open,
	// or, if negative, has closed.
	Extra int `json:"extra_sockets"`
	// After is the number of sockets used right after the action.
	After int `json:"sockets_used_after"`
	// Idle is the same when all had settled and the owner had not entered the ring.
	Idle int `json:"sockets_used_idle"`
	// Settled is the same when the owner had taken its completions and all had
	// settled again.
	Settled int `json:"sockets_used_settled"`
	// Completions are what the pins gave.
	Completions []PinCompletion `json:"completions"`
}

// PinCompletion is one completion of a pin.
type PinCompletion struct {
	UserData UserData `json:"user_data"`
	// Result is as in the completion: 0 or more, or -errno.
	Result int `json:"result"`
	// More says that the pin is still in flight.
	More bool `json:"more"`
}
