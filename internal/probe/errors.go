package probe

import "errors"

// What can keep a command from doing its work; each has its own exit code.
var (
	ErrPrivilege = errors.New("missing privilege")           // exit code 4
	ErrKernel    = errors.New("the kernel can't do this")    // exit code 5
	ErrGone      = errors.New("no such process")             // exit code 6
	ErrNoRing    = errors.New("the process has no io_uring") // exit code 6
)
