//go:build linux

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"uringtrace/internal/events"
)

// Opcodes and structures of io_uring_register(2), include/uapi/linux/io_uring.h.
const (
	registerFiles        = 2
	unregisterFiles      = 3
	registerFilesUpdate  = 6
	registerFilesUpdate2 = 14
)

type ringParams struct{ _ [120]byte } // struct io_uring_params

type filesUpdate struct { // struct io_uring_files_update
	offset, _ uint32
	fds       uint64
}

type filesUpdate2 struct { // struct io_uring_rsrc_update2
	offset, _ uint32
	data      uint64
	tags      uint64
	nr, _     uint32
}

// selfTest runs one life of a node on a ring of our own, tagged and untagged,
// and compares which hooks fired with which had to. It is there because a
// function can be listed, attach, and never fire where the compiler inlined it
// into some callers. What it sends is drained before anybody else reads.
func (l *Live) selfTest(ctx context.Context) error {
	self := uint32(os.Getpid())
	if err := l.WatchProcess(int(self)); err != nil {
		return err
	}
	before, err := l.sentByHook()
	if err != nil {
		return err
	}
	followAll := l.coll.Variables["follow_all"]
	if followAll != nil { // the hooks of this generation need not be told
		if err := followAll.Set(uint32(1)); err != nil {
			return fmt.Errorf("begin self-test: %w", err)
		}
	}
	playErr := playNodeLife()
	if followAll != nil {
		if err := followAll.Set(uint32(0)); err != nil {
			return fmt.Errorf("end self-test: %w", err)
		}
	}
	if err := l.coll.Maps["targets"].Delete(self); err != nil {
		return fmt.Errorf("end self-test: %w", err)
	}
	if playErr != nil {
		return fmt.Errorf("self-test: %w", playErr)
	}
	// All that counts is synchronous but 6.1's worker and the ring's end,
	// which run on other threads a moment later.
	for deadline := time.Now().Add(3 * time.Second); ; {
		silent, err := l.judge(before)
		if err != nil {
			return err
		}
		if silent == 0 || time.Now().After(deadline) || ctx.Err() != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return l.startOver()
}

// startOver forgets the self-test: its ring, whose end may not have been told,
// its events and what was lost of them.
func (l *Live) startOver() error {
	rings, err := l.readRings()
	if err != nil {
		return err
	}
	for i := range rings {
		if err := l.UnwatchRing(rings[i].Ring); err != nil {
			return fmt.Errorf("forget the self-test's ring: %w", err)
		}
	}
	if err := l.Drain(func(*events.Event) {}); err != nil {
		return err
	}
	l.base, err = l.countLoss()
	return err
}

func (l *Live) sentByHook() ([]uint64, error) {
	lost, err := l.lostByKind()
	if err != nil {
		return nil, err
	}
	out := make([]uint64, len(l.hooks))
	for i := range l.hooks {
		for _, k := range l.hooks[i].fires {
			sent, err := l.sent(k)
			if err != nil {
				return nil, err
			}
			out[i] += sent + lost[k]
		}
	}
	return out, nil
}

// judge sets the state of every attached hook that the test provokes and
// returns how many have not fired.
func (l *Live) judge(before []uint64) (silent int, err error) {
	after, err := l.sentByHook()
	if err != nil {
		return 0, err
	}
	for i := range l.hooks {
		h := &l.hooks[i]
		if h.atLeast == 0 || h.status.State == HookMissing || h.status.State == HookFailed || h.status.State == HookOff {
			continue
		}
		h.status.State = HookOK
		if after[i]-before[i] < h.atLeast {
			h.status.State = HookSilent
			silent++
		}
	}
	return silent, nil
}

// playNodeLife registers a table of two slots, sets and clears one without and
// one with a tag, unregisters (which flushes 6.1's deferred worker) and closes.
func playNodeLife() (err error) {
	ring, err := newRing()
	if err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return errors.Join(fmt.Errorf("make a socket: %w", err), unix.Close(ring))
	}
	defer func() { err = errors.Join(err, unix.Close(ring), unix.Close(pair[0]), unix.Close(pair[1])) }()
	empty := []int32{-1, -1}
	if err := register(ring, registerFiles, unsafe.Pointer(&empty[0]), 2); err != nil {
		return fmt.Errorf("register a file table: %w", err)
	}
	tag := uint64(1)
	for _, tags := range []*uint64{nil, &tag} {
		for _, fd := range []int32{int32(pair[0]), -1} {
			if err := updateSlot(ring, fd, tags); err != nil {
				return fmt.Errorf("update a slot: %w", err)
			}
		}
	}
	if err := register(ring, unregisterFiles, nil, 0); err != nil {
		return fmt.Errorf("unregister a file table: %w", err)
	}
	return nil
}

// newRing makes a small ring. The caller closes it.
func newRing() (fd int, err error) {
	var params ringParams
	r, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("set up a ring: %w (is kernel.io_uring_disabled set?)", errno)
	}
	return int(r), nil
}

// updateSlot puts fd (-1: nothing) into slot 0, through the call with tags if
// there is one: it is inlined differently.
func updateSlot(ring int, fd int32, tag *uint64) error {
	// The kernel reads both through addresses that are plain numbers to Go:
	// pinned memory is on the heap and stays where it is.
	fds, tags := &[1]int32{fd}, &[1]uint64{}
	var pin runtime.Pinner
	pin.Pin(fds)
	pin.Pin(tags)
	defer pin.Unpin()
	if tag == nil {
		up := filesUpdate{fds: uint64(uintptr(unsafe.Pointer(fds)))}
		return register(ring, registerFilesUpdate, unsafe.Pointer(&up), 1)
	}
	if fd >= 0 { // a cleared slot can't have a tag
		tags[0] = *tag
	}
	up := filesUpdate2{
		data: uint64(uintptr(unsafe.Pointer(fds))), tags: uint64(uintptr(unsafe.Pointer(tags))), nr: 1,
	}
	return register(ring, registerFilesUpdate2, unsafe.Pointer(&up), uint32(unsafe.Sizeof(up)))
}

func register(ring, opcode int, arg unsafe.Pointer, n uint32) error {
	for {
		_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(ring), uintptr(opcode), uintptr(arg), uintptr(n), 0, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
			continue
		}
		return errno
	}
}
