//go:build linux

package probe

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// runIterator runs prog over tgid's tasks (0: all) and returns what it wrote. Of
// what it reads, each part is told to pause: the program may wait for room.
func runIterator(prog *ebpf.Program, tgid int, pause func() error) ([]byte, error) {
	out, err := runIteratorFor(prog, tgid, pause)
	if tgid != 0 && errors.Is(err, unix.EINVAL) {
		// Before 6.1 an iterator can't be told whom to visit; the program
		// filters by itself.
		return runIteratorFor(prog, 0, pause)
	}
	return out, err
}

// linkCreateAttr is the part of union bpf_attr that BPF_LINK_CREATE reads for
// an iterator, and iterTarget union bpf_iter_link_info.task (6.1); see
// include/uapi/linux/bpf.h. cilium/ebpf v0.22 can't pass a task.
type linkCreateAttr struct {
	progFD, targetFD, attachType, flags uint32
	iterInfo                            uint64
	iterInfoLen                         uint32
	_                                   [36]byte
}

type iterTarget struct{ tid, pid, pidFD uint32 }

type iterCreateAttr struct{ linkFD, flags uint32 }

func runIteratorFor(prog *ebpf.Program, tgid int, pause func() error) ([]byte, error) {
	target := iterTarget{pid: uint32(tgid)}
	attr := linkCreateAttr{progFD: uint32(prog.FD()), attachType: uint32(ebpf.AttachTraceIter)}
	if tgid != 0 {
		attr.iterInfo, attr.iterInfoLen = uint64(uintptr(unsafe.Pointer(&target))), uint32(unsafe.Sizeof(target))
	}
	linkFD, err := bpfCall(unix.BPF_LINK_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr), unsafe.Pointer(&target))
	if err != nil {
		return nil, fmt.Errorf("attach iterator to process %d: %w", tgid, err)
	}
	defer unix.Close(linkFD)
	return readLink(linkFD, pause)
}

// readLink reads what an attached iterator writes.
func readLink(linkFD int, pause func() error) ([]byte, error) {
	create := iterCreateAttr{linkFD: uint32(linkFD)}
	iterFD, err := bpfCall(unix.BPF_ITER_CREATE, unsafe.Pointer(&create), unsafe.Sizeof(create), nil)
	if err != nil {
		return nil, fmt.Errorf("open iterator: %w", err)
	}
	defer unix.Close(iterFD)
	return readAll(iterFD, pause)
}

// readAll reads an iterator to its end; os.File would put it into the poller. The
// kernel's buffer has 32 KiB (kernel/bpf/bpf_iter.c), and the output of an object
// that does not fit is dropped and the object visited again, which here would be
// once too often: reads of less end each round before that. A program that wants
// to be called again for the same object ends the round, too, with EAGAIN if it
// has written nothing.
func readAll(fd int, pause func() error) ([]byte, error) {
	var out []byte
	buf := make([]byte, 8<<10)
	for {
		n, err := unix.Read(fd, buf)
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return nil, fmt.Errorf("read iterator: %w", err)
		}
		if pauseErr := pause(); pauseErr != nil {
			return nil, pauseErr
		}
		if err != nil {
			continue
		}
		if n == 0 {
			return out, nil
		}
		out = append(out, buf[:n]...)
	}
}
