package events

// Kind says what an Event reports.
type Kind uint8

// The kinds, in the order of a resource's life.
const (
	RingCreate  Kind = iota + 1 // a ring of a target came to be: FD, Flags, Node = active node (A, B)
	RingExit                    // nobody refers to the ring any more; the kernel starts to tear it down
	RingGone                    // the ring is freed; its address may come back as another ring
	Register                    // io_uring_register(2) returned: Opcode, Result
	NodeNew                     // B: Node was allocated and becomes active; C: Node joins the set
	NodeSwitch                  // A: Node was queued (0: none was), Next is active, First its newest item
	NodeRemove                  // A, B: Resource left Slot and was attached to Node
	NodeZero                    // no request holds Node any more
	NodePut                     // A: the deferred worker releases the item First of resource Resource.ID
	PutBatch                    // A: the deferred worker takes all nodes that wait for it
	NodeFree                    // C: Node and what it holds are released
	NodeSlot                    // C: Node sits in Slot and holds Resource
	SockRelease                 // the socket Resource.Sock, seen in a removed node, is truly released
	kindCount
)

var kindNames = [kindCount]string{
	RingCreate: "ring_create", RingExit: "ring_exit", RingGone: "ring_gone",
	Register: "register", NodeNew: "node_new", NodeSwitch: "node_switch",
	NodeRemove: "node_remove", NodeZero: "node_zero", NodePut: "node_put",
	PutBatch: "put_batch", NodeFree: "node_free", NodeSlot: "node_slot",
	SockRelease: "sock_release",
}

// String is the kind's name in text and JSON.
func (k Kind) String() string {
	if k == 0 || k >= kindCount {
		return "unknown"
	}
	return kindNames[k]
}

// Kinds lists all kinds.
func Kinds() []Kind {
	all := make([]Kind, 0, kindCount-1)
	for k := RingCreate; k < kindCount; k++ {
		all = append(all, k)
	}
	return all
}

// Event is one record of a live hook. Which fields mean something depends on
// Kind. Ring, Node, Next, First and the ids in Resource are kernel addresses
// used as identities; an address is reused after its object is freed.
type Event struct {
	Time     uint64 // ns, CLOCK_MONOTONIC
	Ring     uint64
	Node     uint64
	Next     uint64 // NodeSwitch: the node that is active now
	First    uint64 // NodeSwitch: newest item of the queued node; NodePut: the item
	Tail     uint64 // NodeRemove on B: last queued node before this one, 0: queue was empty
	Tag      uint64 // user's tag of the slot, 0: none
	Result   int64  // Register: result of the call
	Resource Resource
	Kind     Kind
	FD       int32  // RingCreate
	Flags    uint32 // RingCreate: IORING_SETUP_*
	Opcode   uint32 // Register: IORING_REGISTER_*
	Slot     uint32 // NodeRemove, NodeSlot
	Stack    uint32 // NodeRemove, NodeSlot: id of the Stack that put Resource into Slot; 0: not known
	TID      uint32 // task that ran the hook; not the target's where release is deferred
}
