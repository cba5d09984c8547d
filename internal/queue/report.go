package queue

// Report is the explanation of one process, as printed by -o json. Its keys are
// a contract: others may rely on them, new ones may be added.
type Report struct {
	Version int          `json:"v"`
	Kernel  Kernel       `json:"kernel"`
	Target  Target       `json:"target"`
	Exact   bool         `json:"exact"` // all rings exact, and nothing lost that was not put right since
	Lost    Lost         `json:"lost"`
	Rings   []RingReport `json:"rings"`
	Notes   []string     `json:"notes,omitempty"` // what is not known, in sentences
}

// Kernel is the kernel that was observed.
type Kernel struct {
	Release string `json:"release"`
	Reclaim string `json:"reclaim"`
}

// Target is the process that was observed.
type Target struct {
	PID  int    `json:"pid"`
	Comm string `json:"comm"`
}

// Lost counts what did not arrive.
type Lost struct {
	Events uint64            `json:"events"`
	Kinds  map[string]uint64 `json:"kinds,omitempty"` // by event kind
}

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
	Ring     int       `json:"ring"` // small stable number
	FD       int       `json:"fd"`   // -1: unknown
	Flags    []string  `json:"flags"`
	Exact    bool      `json:"exact"`
	Inexact  string    `json:"inexact,omitempty"` // why not exact
	Ended    bool      `json:"ended,omitempty"`   // the ring was closed while observed
	Slots    int       `json:"slots"`             // size of the fixed file table; -1: unknown
	Queue    Counts    `json:"queue"`
	Held     Held      `json:"held"`
	Seen     Seen      `json:"seen"`
	Blockers []Blocker `json:"blockers"` // every pinned node, in queue order
	Other    []Request `json:"other_requests,omitempty"`
	Remedies []Remedy  `json:"remedies"`
}

// Counts is the queue in numbers of nodes.
type Counts struct {
	Nodes     int        `json:"nodes"` // queued or releasing
	Pinned    int        `json:"pinned"`
	Blocked   int        `json:"blocked"`
	Releasing int        `json:"releasing"`
	State     QueueState `json:"state"`
}

// Held is what the nodes that are not pinned by themselves keep alive.
type Held struct {
	Files   int            `json:"files"` // sockets included
	Sockets int            `json:"sockets"`
	Buffers int            `json:"buffers"`
	Bytes   uint64         `json:"bytes"`             // estimate of kernel memory, from this kernel's object sizes
	Kinds   map[string]int `json:"kinds,omitempty"`   // files by kind: "tcp CLOSE", "regular", ...
	OnlyUs  int            `json:"only_us,omitempty"` // files that nothing but their node refers to
}

// Seen is what was observed live, in resources.
type Seen struct {
	Removed         uint64 `json:"removed"`
	Released        uint64 `json:"released"`
	SocketsReleased uint64 `json:"sockets_released"`
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
	Op       string   `json:"op"`
	UserData string   `json:"user_data"`
	Slot     int      `json:"slot"`               // -1: ordinary fd
	Replaced bool     `json:"replaced,omitempty"` // the slot holds another file by now
	State    string   `json:"state"`
	Task     Task     `json:"task"`
	File     FileInfo `json:"file"`
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

// Remedy is something that helps on such a ring.
type Remedy struct {
	ID   string `json:"id"`
	When string `json:"when"` // now, code or kernel
	Text string `json:"text"`
}

// Costs are this kernel's object sizes in bytes, for the estimate of memory.
// A zero is unknown and counts nothing.
type Costs struct {
	Node   uint64            // a queued node with its item
	File   uint64            // struct file
	Dentry uint64            // a socket's dentry
	Inode  uint64            // a socket's inode
	Sock   map[string]uint64 // struct sock by Resource.Protocol
}
