package job

// Path is where the guest finds its Job.
const Path = "/vmrun.json"

// Ports of the guest. The console belongs to the kernel and to the shell.
const (
	ConsolePort = "/dev/ttyS0"
	LivePort    = "/dev/ttyS1"
	ResultPort  = "/dev/ttyS2"
)

// Job is the guest's work.
type Job struct {
	Env      []string  `json:"env"`      // of every program, on top of the guest's own
	Programs []Program `json:"programs"` // run in this order
	Shell    *Shell    `json:"shell,omitempty"`
	Pull     []string  `json:"pull,omitempty"` // guest paths to send back at the end
}

// Program is one process to run until it ends.
type Program struct {
	Path string   `json:"path"`
	Args []string `json:"args"` // with the name of the program first
	Dir  string   `json:"dir"`
	// Parents are directories to be made before, for files that the
	// program will write.
	Parents []string `json:"parents,omitempty"`
}

// Shell asks for an interactive shell on the console.
type Shell struct {
	Path string `json:"path"`
	Rows uint16 `json:"rows"`
	Cols uint16 `json:"cols"`
}

// Result is what the guest reports at the end. A Result with an Error ran
// nothing or not everything.
type Result struct {
	Error    string    `json:"error,omitempty"`
	Release  string    `json:"release"`              // uname -r
	Boot     []string  `json:"boot_log,omitempty"`   // kernel complaints before the first program
	Programs []Outcome `json:"programs"`             // in the order of the Job
	Missing  []string  `json:"not_there,omitempty"`  // paths of Job.Pull that do not exist
	Shell    int       `json:"shell_exit,omitempty"` // exit code of the shell
}

// Outcome is the end of one program.
type Outcome struct {
	Exit    int      `json:"exit"` // 128 + signal number if a signal ended it
	Seconds float64  `json:"seconds"`
	Kernel  []string `json:"kernel_log,omitempty"` // kernel complaints while it ran
	Stalls  []string `json:"stalls,omitempty"`     // complaints that a slow host causes too
	Left    []string `json:"left,omitempty"`       // processes that did not die with it
}

// EventKind says what happened.
type EventKind string

// The kinds of events, in the order in which they occur.
const (
	Ready EventKind = "ready" // user space is up
	Start EventKind = "start" // a program starts
	End   EventKind = "end"   // it ended, with its Outcome
)

// Event is what the guest says while it works.
type Event struct {
	Kind    EventKind `json:"kind"`
	Program int       `json:"program"` // index into Job.Programs
	Outcome *Outcome  `json:"outcome,omitempty"`
}
