package events

// Stack is one that a task had outside the kernel. Frames of functions that keep no
// frame pointer are missing, and what follows them may be, too.
type Stack struct {
	ID     uint32  // never 0, and never another's while a process is observed
	Frames []Frame // innermost first
}

// Frame is one call in a stack. What is not known of it is empty.
type Frame struct {
	Address  uint64 // in the process
	Function string // as the compiler called it, demangled
	File     string // of source
	Line     int
	Module   Module
}

// Module is a file that a process has mapped.
type Module struct {
	Path       string // "[vdso]" and the like for what is none
	BuildID    string // in hex
	Start, End uint64 // of the mapping, in the process
	Offset     uint64 // of Start, in the file
}
