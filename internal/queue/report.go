package queue

// Report is the explanation of one process, as printed by -o json. Its keys are
// a contract: others may rely on them, new ones may be added.
type Report struct {
	Version int          `json:"v"`
	Kernel  Kernel       `json:"kernel"`
	Target  Target       `json:"target"`
	Backend string       `json:"backend,omitempty"` // how events arrive; empty: there are none
	Exact   bool         `json:"exact"`             // all rings exact, and nothing lost that was not put right since
	Lost    Lost         `json:"lost"`
	Rings   []RingReport `json:"rings"`
	NotSeen []string     `json:"not_seen,omitempty"` // what hooks that don't work would have told
	Notes   []string     `json:"notes,omitempty"`    // what is not known, in sentences
}

// Kernel is the kernel that was observed.
type Kernel struct {
	Release string `json:"release"`
	Reclaim string `json:"reclaim"`
}

// Target is the process that was observed, and where it runs.
type Target struct {
	PID       int    `json:"pid"`
	Comm      string `json:"comm"`
	Unit      string `json:"unit,omitempty"`      // of systemd
	Runtime   string `json:"runtime,omitempty"`   // of the container: docker, containerd, cri-o or podman
	Container string `json:"container,omitempty"` // first 12 digits of its id
	Pod       string `json:"pod,omitempty"`       // uid of the Kubernetes pod
}

// Lost counts what did not arrive.
type Lost struct {
	Events  uint64            `json:"events"`
	Kinds   map[string]uint64 `json:"kinds,omitempty"`             // by event kind
	Repairs int               `json:"repairs,omitempty"`           // times that a walk put right what was inexact
	Socks   uint64            `json:"untracked_sockets,omitempty"` // their release can't be followed
	Rings   uint64            `json:"untracked_rings,omitempty"`   // their events can't be followed
}

// Any reports whether there is anything to tell.
func (l *Lost) Any() bool { return l.Events > 0 || l.Socks > 0 || l.Rings > 0 }

// QueueState is the verdict on a ring's queue.
type QueueState string

// The verdicts.
const (
	Clear     QueueState = "clear"     // nothing waits
	Releasing QueueState = "releasing" // nodes wait for the kernel's own delay, not for a request
	Blocked   QueueState = "blocked"   // nodes without holders wait behind a held one
)

// RingReport is the explanation of one ring.
type RingReport struct {
	Ring int `json:"ring"` // small stable number
	FD   int `json:"fd"`   // -1: the process has none, or it is unknown
	// Registered is the ring's index among the registered ones of one of the
	// process's threads, where that is how it is used instead of a descriptor.
	Registered  *int        `json:"registered,omitempty"`
	SharedWith  []Share     `json:"shared_with,omitempty"`      // other processes that have the ring
	MoreShares  int         `json:"shared_with_more,omitempty"` // others that were counted and not listed, at most
	Flags       []string    `json:"flags"`
	Exact       bool        `json:"exact"`
	Inexact     string      `json:"inexact,omitempty"` // why not exact
	Ended       bool        `json:"ended,omitempty"`   // the ring was closed while observed
	Slots       int         `json:"slots"`             // size of the fixed file table; -1: unknown
	Queue       Counts      `json:"queue"`
	HeadSeconds float64     `json:"head_seconds,omitempty"` // how long, at least, the head has been one
	Held        Held        `json:"held"`
	ByStack     []StackHeld `json:"-"` // the same by the stack that put it into its slot; nil: none is known
	Growth      *Growth     `json:"growth,omitempty"`
	Exiting     bool        `json:"exiting,omitempty"` // the kernel is tearing it down: all will be released
	Seen        Seen        `json:"seen"`
	Blockers    []Blocker   `json:"blockers"` // every pinned node, in queue order
	Other       []Request   `json:"other_requests,omitempty"`
	Lifetimes   *Lifetimes  `json:"lifetimes,omitempty"`
	Remedies    []Remedy    `json:"remedies"`
}

// Share is a further process that has the ring open or has used it.
type Share struct {
	PID int `json:"pid"`
	FD  int `json:"fd"` // -1: it has used the ring; a descriptor was not found
}

// Counts is the queue in numbers of nodes. Where each node is released by
// itself, it is those that have left their slot and are still used.
type Counts struct {
	Nodes     int        `json:"nodes"` // the sum of the following
	Pinned    int        `json:"pinned"`
	Blocked   int        `json:"blocked"`
	Unsettled int        `json:"unsettled"` // behind a pinned one; the kernel can't tell yet whether they are held
	Releasing int        `json:"releasing"`
	Beyond    int        `json:"beyond,omitempty"` // behind the others; too many to be looked at one by one
	State     QueueState `json:"state"`
}

// Growth is how the queue has changed since the first look at it.
type Growth struct {
	Nodes   float64 `json:"nodes_per_second"`
	Sockets float64 `json:"sockets_per_second"`
	Seconds float64 `json:"seconds"`
}

// Lifetimes tells slots of files that stay from slots of files that come and
// go, where a ring mixes them.
type Lifetimes struct {
	Long  []int   `json:"long"`           // slots that requests hold the queue by
	Churn []Churn `json:"churn"`          // slots that queued files came from, busiest first
	More  int     `json:"more,omitempty"` // further slots of that kind
}

// Churn is one slot and how many of the queued files were removed from it, or, if
// removals are counted, how many files were.
type Churn struct {
	Slot     int `json:"slot"`
	Removals int `json:"removals"`
}

// Held is what the nodes that are not pinned by themselves keep alive.
type Held struct {
	Files       int            `json:"files"` // sockets included
	Sockets     int            `json:"sockets"`
	Buffers     int            `json:"buffers"`
	Bytes       uint64         `json:"bytes"`                  // estimate of kernel memory, from this kernel's object sizes
	BufferBytes uint64         `json:"buffer_bytes,omitempty"` // length of the buffers: the process's own memory, not in Bytes
	BufferPages uint64         `json:"buffer_pages,omitempty"` // pages that they pin
	Kinds       map[string]int `json:"kinds,omitempty"`        // files by kind: "tcp CLOSE", "regular", ...
	OnlyUs      int            `json:"only_us,omitempty"`      // files that nothing but their node refers to
	Shared      int            `json:"shared,omitempty"`       // files that something else refers to, too; of the rest it is not known
}

// StackHeld is the part of what is held that a stack had put into slots.
type StackHeld struct {
	Stack uint32 // id; 0: of which it is not known
	Held
}

// Seen is what was observed live, in resources.
type Seen struct {
	Removed         uint64 `json:"removed"`
	Released        uint64 `json:"released"`
	SocketsReleased uint64 `json:"sockets_released"`
	RemovalsOnly    bool   `json:"removals_only,omitempty"` // what was released was not watched
	Repairs         int    `json:"repairs,omitempty"`       // times that what was inexact was put right
	Repaired        string `json:"last_repair,omitempty"`   // why it was inexact the last time
}

// Blocker is one pinned node.
type Blocker struct {
	Position   int       `json:"position"`   // in the queue, 0 = head
	Node       int       `json:"node"`       // small stable number
	References int       `json:"references"` // requests that hold it
	Found      int       `json:"found"`      // of those, how many are in Requests
	Requests   []Request `json:"requests"`
	Frees      Frees     `json:"frees"` // what its end alone would release, the ones before it having ended
}

// Frees is what the end of a pin would release at once.
type Frees struct {
	Nodes   int    `json:"nodes"`
	Files   int    `json:"files"`
	Sockets int    `json:"sockets"`
	Buffers int    `json:"buffers"`
	Bytes   uint64 `json:"bytes"`
}

// Request is one request in flight.
type Request struct {
	Op        string   `json:"op"`
	UserData  string   `json:"user_data"`
	Multishot bool     `json:"multishot,omitempty"` // known not to end with its first completion
	Slot      int      `json:"slot"`                // -1: ordinary fd
	Buffer    *int     `json:"buffer,omitempty"`    // index of its fixed buffer
	Replaced  bool     `json:"replaced,omitempty"`  // the slot holds another file by now
	State     string   `json:"state"`
	Task      Task     `json:"task"`
	File      FileInfo `json:"file"`
	Stack     uint32   `json:"-"` // id of the one that submitted it; 0: not known
}

// Task is the thread that submitted a request.
type Task struct {
	TID  int    `json:"tid"`
	Comm string `json:"comm"`
}

// FileInfo is the file that a request works on.
type FileInfo struct {
	Kind   string `json:"kind"`
	Proto  string `json:"proto,omitempty"`
	Local  string `json:"local,omitempty"`
	Remote string `json:"remote"`
	State  string `json:"state,omitempty"`
	Inode  uint64 `json:"inode,omitempty"`
}

// Remedy is something that helps on such a ring, or one that does not although
// it looks as if it would.
type Remedy struct {
	ID   string `json:"id"`
	When When   `json:"when"`
	Text string `json:"text"`
}

// When says at which time something helps.
type When string

// The times of a remedy, in the order in which they are listed.
const (
	Now        When = "now"    // in the incident
	InCode     When = "code"   // in the program
	WithKernel When = "kernel" // for good
	Never      When = "never"  // it does not
)

// Costs are this kernel's object sizes in bytes, for the estimate of memory.
// A zero is unknown and counts nothing.
type Costs struct {
	Node   uint64            // a queued node with its item
	File   uint64            // struct file
	Dentry uint64            // a socket's dentry
	Inode  uint64            // a socket's inode
	Sock   map[string]uint64 // struct sock by Resource.Protocol
}
