// Package ring is a thin layer over giouring that is safe to build scenarios on.
//
// giouring passes 64 bit ints where the kernel reads 32 bit descriptors, swallows
// errors, picks wrong opcodes, keeps stale fields in reused entries and hides
// pointers from the garbage collector. This package keeps its ring set-up and
// queues and does the registrations itself: arguments lie outside the Go heap,
// entries are zeroed, EINTR is retried and the ring stays on one OS thread.
// Everything but this comment needs the build tag giouring.
package ring
