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
	FoundPoll Found = iota
	FoundPollLocked
	FoundWorkerRunning
	FoundWorkerPending
)

// String is the request's state in text and JSON.
func (f Found) String() string {
	switch f {
	case FoundPoll, FoundPollLocked:
		return "poll"
	case FoundWorkerRunning:
		return "io-wq"
	case FoundWorkerPending:
		return "io-wq-pending"
	}
	return "unknown"
}

// Walk is what one cold walk over a process found. It is read without locks;
// Torn on a ring says that its lists changed under the reader's eyes.
type Walk struct {
	Begin, End uint64 // ns, CLOCK_MONOTONIC
	Rings      []WalkRing
	Nodes      []WalkNode
	Requests   []WalkRequest
}

// WalkRing is one ring as found.
type WalkRing struct {
	Ring       uint64
	Active     uint64 // the active node (A, B)
	FD         int32
	TGID       uint32
	Flags      uint32 // IORING_SETUP_*
	Slots      uint32 // size of the fixed file table
	Buffers    uint32 // size of the fixed buffer table
	CachedRefs int32  // A: unused references parked on the active node
	Torn       uint32 // validations that failed
	Reclaim    Reclaim
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
	BufNode  uint64 // C: the node of its fixed buffer; 0: none
	UserData uint64
	Flags    uint64 // REQ_F_*; bits 0 to 7 are the IOSQE_* flags
	File     Resource
	Slot     int32 // fixed file slot it was issued on; -1: an ordinary fd, or none
	TID      uint32
	Opcode   uint8 // IORING_OP_*
	Found    Found
	Replaced bool // the slot holds another file by now
	Comm     string
}
