package observe

import (
	"errors"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/probe"
)

// ErrTargetExited is returned by Run when the process has ended.
var ErrTargetExited = errors.New("the process has ended")

// Options chooses what to observe and how.
type Options struct {
	PID         int
	Backend     probe.Backend
	BufferBytes int  // ring buffer; 0: default
	AllowNoRing bool // the process may make its first ring later
	Limits      probe.Limits

	// Watch costs the process next to nothing: removals are counted in the kernel,
	// and the queue is known from walks. Without it every removal and release is
	// heard of, and OnEvent told.
	Watch bool

	// Stacks has the user stacks taken that fill slots and that submit requests. It
	// is for who hears events, and costs the process something at each submission.
	Stacks bool

	// OnEvent is called from Run with every event and the small stable
	// numbers of its ring and node. The event is valid until it returns.
	OnEvent func(e *events.Event, ring, node int)

	// Recorder, if set, writes down all that is learned, and how many sockets are in
	// use in the process's network namespace, once a second.
	Recorder Recorder

	// Progress, if set, is told by Attach how many nodes a walk has read so far.
	Progress func(nodes int)
}

// Recorder writes down what an Observer learns. Its methods are called one at a
// time, and keep the Observer from its work until they return.
type Recorder interface {
	// Begin is told who is observed, and which hooks there are, before anything is
	// learned of it.
	Begin(*incident.Subject, []probe.HookStatus) error
	Log(*events.Entry)
	// Restart reports whether all is to be learned anew by a walk, so that what is
	// logged from then on stands for itself.
	Restart() bool
}

// ExplainOptions chooses what to explain without hooks.
type ExplainOptions struct {
	PID int
	// For is the time between two looks. A request that is met in a moment's look
	// may be about to end; one that holds the same node with all that was behind
	// it after this time does block. 0: one look is enough.
	For time.Duration
	// Progress, if set, is told how many nodes a look has read so far.
	Progress func(nodes int)
}

// AllOptions chooses how to look at the whole host.
type AllOptions struct {
	// Between is the time until the second look, which is taken only if the first
	// one finds a process that may be blocked: what is pinned for a moment by a
	// request that ends is not. 0: one look decides.
	Between time.Duration
	// Progress, if set, is told how many nodes a look has read so far.
	Progress func(nodes int)
}
