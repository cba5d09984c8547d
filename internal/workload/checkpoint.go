package workload

// Checkpoint is the ground truth about a random scenario between two operations,
// when none of its own is under way.
type Checkpoint struct {
	// Index counts the checkpoints from 0.
	Index int `json:"checkpoint"`
	// Ops is the number of operations made so far.
	Ops int `json:"ops"`
	// Seed is what the operations come from: the same seed makes the same ones.
	Seed uint64 `json:"seed"`
	// Base is SocketsUsed before the first operation.
	Base int `json:"sockets_base"`
	// Ordered and Independent are how many sockets more there are on a kernel of that
	// kind once all has settled.
	Ordered     int `json:"sockets_ordered"`
	Independent int `json:"sockets_independent"`
	// States are those of the rings, in their order.
	States []RingState `json:"ring_states"`
}

// RingState is what a ring holds.
type RingState struct {
	// Slots is the size of the file table now.
	Slots int `json:"file_slots"`
	// Files and Buffers are the filled slots, by their number.
	Files   []Resource `json:"files"`
	Buffers []Resource `json:"buffers"`
	// Queue is what a kernel with an ordered queue keeps, oldest first, once all has
	// settled. It is not empty only behind a pin.
	Queue []QueuedNode `json:"queue"`
	// Tags are the tags posted so far, in the order in which they came.
	Tags []UserData `json:"tags"`
	// TagsOrdered and TagsIndependent are those that a kernel of that kind has posted
	// once all has settled, without an order.
	TagsOrdered     []UserData `json:"tags_ordered"`
	TagsIndependent []UserData `json:"tags_independent"`
	// TagsDropped are those of resources that were unregistered with their table: only
	// kernels from 6.13 on post them.
	TagsDropped []UserData `json:"tags_dropped"`
}

// Resource is a file or buffer that is or was registered.
type Resource struct {
	// Slot is its place in the table.
	Slot int `json:"slot"`
	// Kind is KindSocket, KindPipe, KindFile or KindBuffer.
	Kind string `json:"kind"`
	// Inode is that of the file; 0 for a buffer and for a socket that never had a
	// descriptor.
	Inode uint64 `json:"inode"`
	// Tag is 0 without one.
	Tag UserData `json:"tag"`
}

// Kinds of resources.
const (
	KindSocket = "socket"
	KindPipe   = "pipe"
	KindFile   = "file"
	KindBuffer = "buffer"
)

// QueuedNode is the removed resources of one call, with what keeps them. Up to
// Linux 6.3 that is one node. From 6.4 on each resource has its own, the holders are
// those of the first.
type QueuedNode struct {
	Resources []Resource `json:"resources"`
	// Holders are the requests in flight that have a reference on it.
	Holders []UserData `json:"holders"`
}
