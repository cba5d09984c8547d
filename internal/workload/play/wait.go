//go:build giouring && linux

package play

import (
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// The pieces below leave a request in flight that waits on one of the scene's files.

func (s *scene) onListener(op string, multishot bool) workload.Pin {
	return workload.Pin{Op: op, Slot: listenerSlot, Buffer: workload.NoSlot, Inode: s.listener.inode, Multishot: multishot}
}

func pollListenerSlot(s *scene) error {
	return s.leaveOnMain(s.onListener(opPollAdd, false), func(userData uint64) error {
		return s.main().ring.PollAdd(ring.Slot(listenerSlot), unix.POLLIN, userData)
	})
}

func pollListenerMultishot(s *scene) error {
	return s.leaveOnMain(s.onListener(opPollAdd, true), func(userData uint64) error {
		return s.main().ring.PollMultishot(ring.Slot(listenerSlot), unix.POLLIN, userData)
	})
}

// pollListenerFD polls the listener through its ordinary descriptor: the request
// holds the file and no node.
func pollListenerFD(s *scene) error {
	p := s.onListener(opPollAdd, false)
	p.Slot = workload.NoSlot
	return s.leaveOnMain(p, func(userData uint64) error {
		return s.main().ring.PollAdd(ring.FD(s.listener.fd), unix.POLLIN, userData)
	})
}

func acceptOnSlot(s *scene) error {
	return s.leaveOnMain(s.onListener(opAccept, false), func(userData uint64) error {
		return s.main().ring.Accept(ring.Slot(listenerSlot), userData)
	})
}

func acceptMultishot(s *scene) error {
	return s.leaveOnMain(s.onListener(opAccept, true), func(userData uint64) error {
		return s.main().ring.AcceptMultishot(ring.Slot(listenerSlot), userData)
	})
}

func recvOnSlot(s *scene) error {
	buf, err := s.memory()
	if err != nil {
		return err
	}
	p := workload.Pin{Op: opRecv, Slot: connectionSlot, Buffer: workload.NoSlot, Inode: s.connection.inode}
	return s.leaveOnMain(p, func(userData uint64) error {
		return s.main().ring.Recv(ring.Slot(connectionSlot), buf, userData)
	})
}

func (s *scene) onPipe(op string) workload.Pin {
	return workload.Pin{Op: op, Slot: pipeSlot, Buffer: workload.NoSlot, Inode: s.pipe.inode}
}

func readPipe(s *scene) error {
	buf, err := s.memory()
	if err != nil {
		return err
	}
	return s.leaveOnMain(s.onPipe(opRead), func(userData uint64) error {
		return s.main().ring.Read(ring.Slot(pipeSlot), buf, userData)
	})
}

// readPipeAsync has a worker thread make the read. As the pipe can be polled the
// worker arms a poll and goes, so the request ends up where any other read does.
func readPipeAsync(s *scene) error {
	buf, err := s.memory()
	if err != nil {
		return err
	}
	return s.leaveOnMain(s.onPipe(opRead), func(userData uint64) error {
		return s.main().ring.ReadAsync(ring.Slot(pipeSlot), buf, userData)
	})
}

// spliceFromPipe keeps a worker thread asleep in the call. It feeds a second pipe
// that nobody reads.
func spliceFromPipe(s *scene) error {
	sink, err := s.newPipe()
	if err != nil {
		return err
	}
	p := s.onPipe(opSplice)
	p.State = workload.StateWorker
	return s.leaveOnMain(p, func(userData uint64) error {
		return s.main().ring.Splice(ring.Slot(pipeSlot), ring.FD(sink.feed), bufferSize, userData)
	})
}

// readIntoBuffer reads from the pipe's ordinary descriptor, so what holds the node
// is the registered buffer alone.
func readIntoBuffer(s *scene) error {
	p := s.onPipe(opReadFixed)
	p.Slot, p.Buffer = workload.NoSlot, pinBuffer
	return s.leaveOnMain(p, func(userData uint64) error {
		return s.main().ring.ReadFixed(ring.FD(s.pipe.wait), s.pinMemory, pinBuffer, userData)
	})
}
