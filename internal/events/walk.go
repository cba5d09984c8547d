package events

// Place is where a walk found a node.
type Place uint8

// The places; the numbers are those of enum place in bpf/event.h.
const (
	AtQueue     Place = iota // queued, in order
	AtActive                 // the node that new requests refer to
	AtReleasing              // A: given to the deferred worker, newest first
	AtTable                  // C: in the file table
	AtBuffers                // C: in the buffer table
)

// Found is where a walk found a request.
type Found uint8

// The places of requests; the numbers are those of enum found in bpf/event.h.
const (
	FoundPoll          Found = iota // armed, waits for its file
	FoundPollLocked                 // the same in the table of single-issuer and SQPOLL rings
	FoundWorkerRunning              // an io-wq worker is at it
	FoundWorkerPending              // waits for an io-wq worker
	FoundIOPoll                     // the device is polled for its completion
	FoundCommand                    // a uring_cmd that its driver has
	FoundWaitID                     // waits for a child
	FoundFutex                      // waits on a futex
	FoundTimeout                    // a timeout, alone or linked
	FoundTimed                      // in flight somewhere, found by its linked timeout
	FoundTaskWork                   // its task has to run its completion
	FoundDeferred                   // waits for all requests before it
	FoundLinked                     // waits for the request that it is linked to
	foundCount
)

var foundNames = [foundCount]string{
	FoundPoll: "poll", FoundPollLocked: "poll", FoundWorkerRunning: "io-wq", FoundWorkerPending: "io-wq-pending",
	FoundIOPoll: "iopoll", FoundCommand: "uring-cmd", FoundWaitID: "waitid", FoundFutex: "futex",
	FoundTimeout: "timeout", FoundTimed: "in-flight", FoundTaskWork: "task-work", FoundDeferred: "deferred",
	FoundLinked: "linked",
}

// String is the request's state in text and JSON.
func (f Found) String() string {
	if f >= foundCount {
		return "unknown"
	}
	return foundNames[f]
}

// Shots says whether a request ends with its first completion.
type Shots uint8

// The numbers of completions.
const (
	UnknownShots Shots = iota
	OneShot
	Multishot // goes on until it fails or is cancelled
)

// Walk is what one cold walk over a process found. It is read without locks;
// Torn on a ring says that its lists changed under the reader's eyes.
type Walk struct {
	Begin, End uint64 // ns, CLOCK_MONOTONIC
	Rings      []WalkRing
	Shares     []WalkShare
	Nodes      []WalkNode
	More       []RingNodes // nodes behind these that are not decoded yet
	Requests   []WalkRequest
}

// RingNodes are nodes of one ring that are decoded as they are read: a queue of a
// million is not copied as a whole. A node is valid until fn returns.
type RingNodes interface {
	Ring() uint64
	Len() int // records, at least as many as nodes
	// Each hands them out in the order of the walk.
	Each(fn func(*WalkNode))
	// Drain is Each for the last time: it gives their memory back on its way.
	Drain(fn func(*WalkNode))
}

// EachNode hands out all nodes in the order of the walk. A node is valid until
// fn returns.
func (w *Walk) EachNode(fn func(*WalkNode)) {
	for i := range w.Nodes {
		fn(&w.Nodes[i])
	}
	for _, nodes := range w.More {
		nodes.Each(fn)
	}
}

// DrainNodes is EachNode for the last time: who turns a long walk into something
// else need not have room for both.
func (w *Walk) DrainNodes(fn func(*WalkNode)) {
	w.DrainSome(func(uint64) bool { return true }, fn)
	w.Nodes, w.More = nil, nil
}

// DrainSome is EachNode, and for the last time for the rings that are told by which.
func (w *Walk) DrainSome(which func(ring uint64) bool, fn func(*WalkNode)) {
	for i := range w.Nodes {
		fn(&w.Nodes[i])
	}
	for _, nodes := range w.More {
		if which(nodes.Ring()) {
			nodes.Drain(fn)
		} else {
			nodes.Each(fn)
		}
	}
}

// WalkRing is one ring as found.
type WalkRing struct {
	Ring       uint64
	Active     uint64   // the active node (A, B)
	Others     []uint32 // other processes that have used the ring, the first few
	FD         int32    // -1: the process has no descriptor for it
	Registered int32    // index among the registered rings of one of its tasks; -1: none
	TGID       uint32
	Flags      uint32 // IORING_SETUP_*
	Slots      uint32 // size of the fixed file table
	Buffers    uint32 // size of the fixed buffer table
	CachedRefs int32  // A: unused references parked on the active node
	Torn       uint32 // validations of nodes that failed
	Loose      uint32 // lists of requests that changed while they were read
	MoreOthers uint32 // other processes beyond Others
	Beyond     uint32 // nodes behind those in the walk, which were counted and not looked at
	Reclaim    Reclaim
}

// WalkShare tells that a ring is open in one more process than the one that its
// WalkRing names.
type WalkShare struct {
	Ring uint64
	FD   int32
	TGID uint32
}

// WalkNode is one resource of one node. A node without a resource has one
// record with NoResource; on A a node with several has several, newest first,
// and only the first of them has First set.
type WalkNode struct {
	Ring     uint64
	Node     uint64
	Put      uint64 // A: identity of the item
	Tag      uint64
	Refs     int64 // requests that hold the node; -1: unknown at this moment
	Resource Resource
	Slot     uint32 // C
	Place    Place
	Done     bool // A: flagged free of holders
	First    bool
}

// WalkRequest is one request in flight.
type WalkRequest struct {
	Ring     uint64
	Request  uint64 // identity
	FileNode uint64 // A, B: the node it holds; C: the node of its fixed file; 0: none
	BufNode  uint64 // C: the node of its fixed buffer, or of a splice's input; 0: none
	UserData uint64
	Flags    uint64 // REQ_F_*; bits 0 to 7 are the IOSQE_* flags
	File     Resource
	Slot     int32 // fixed file slot it was issued on; -1: an ordinary fd, or none
	Buffer   int32 // index of its fixed buffer; -1: none
	TID      uint32
	Stack    uint32 // id of the Stack that submitted it; 0: not known
	Opcode   uint8  // IORING_OP_*
	Found    Found
	Shots    Shots
	Replaced bool // the slot holds another file by now
	Comm     string
}
