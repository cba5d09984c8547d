//go:build giouring && linux

package play

import (
	"fmt"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload/ring"
)

// The pieces below put one more resource into the churn slot and remove it, which
// queues one node. After that only the kernel's bookkeeping holds the resource.

// updateAndClear removes a TCP socket with register calls.
func updateAndClear(s *scene) error { return s.removeSocket(s.main()) }

// removeSocket puts a new TCP socket into the churn slot, clears the slot and
// closes the descriptor.
func (s *scene) removeSocket(g *rig) error {
	return s.withSocket(g, func(fd int32) error { return g.ring.UpdateFiles(churnSlot, []int32{fd}) })
}

func (s *scene) withSocket(g *rig, install func(fd int32) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	err = install(int32(fd))
	if err == nil {
		err = g.ring.UpdateFiles(churnSlot, []int32{ring.Empty})
	}
	if closeErr := unix.Close(fd); err == nil && closeErr != nil {
		err = fmt.Errorf("close the socket: %w", closeErr)
	}
	if err == nil {
		s.removedSocket(g)
	}
	return err
}

func (s *scene) removedSocket(g *rig) {
	g.removals++
	s.done.Sockets++
	if g.holdsNode() {
		s.done.Behind++
	}
}

// updateWithTag is updateAndClear of a socket that has a tag.
func updateWithTag(s *scene) error {
	g := s.main()
	err := s.withSocket(g, func(fd int32) error {
		return g.ring.UpdateFilesTag(churnSlot, []int32{fd}, []uint64{g.tags.next()})
	})
	if err != nil {
		return err
	}
	g.tags.owed++
	return g.drain() // of the tags that are there already
}

// closeDirect removes a TCP socket that is made in the slot and never has a
// descriptor.
func closeDirect(s *scene) error {
	g := s.main()
	result, err := g.do(func(userData uint64) error {
		return g.ring.SocketDirect(unix.AF_INET, unix.SOCK_STREAM, 0, churnSlot, userData)
	}, s.mark())
	if err == nil && result < 0 {
		err = unix.Errno(-result)
	}
	if err != nil {
		return fmt.Errorf("make a socket in slot %d: %w", churnSlot, err)
	}
	result, err = g.do(func(userData uint64) error { return g.ring.CloseDirect(churnSlot, userData) }, s.mark())
	if err == nil && result < 0 {
		err = unix.Errno(-result)
	}
	if err != nil {
		return fmt.Errorf("close slot %d: %w", churnSlot, err)
	}
	s.done.Direct = true
	s.removedSocket(g)
	return nil
}

// removeBuffer registers a buffer with a tag and removes it.
func removeBuffer(s *scene) error {
	g := s.main()
	err := g.ring.UpdateBuffersTag(churnSlot, [][]byte{s.churnMemory}, []uint64{g.tags.next()})
	if err != nil {
		return err
	}
	if err := g.ring.UpdateBuffersTag(churnSlot, [][]byte{nil}, []uint64{0}); err != nil {
		return err
	}
	g.removals++
	g.tags.owed++
	s.done.Buffers++
	return g.drain()
}

// removeFileOrBuffer takes turns: files and buffers share one queue.
func removeFileOrBuffer(s *scene) error {
	if s.main().removals%2 == 0 {
		return updateAndClear(s)
	}
	return removeBuffer(s)
}

// removeOnAll makes a removal on each ring.
func removeOnAll(s *scene) error {
	for _, g := range s.rigs {
		if err := s.removeSocket(g); err != nil {
			return err
		}
	}
	return nil
}

// removeOnOneOrOther makes every other removal on the ring that is pinned, the rest
// on the others in turn.
func removeOnOneOrOther(s *scene) error {
	n := s.done.Sockets
	if n%2 == 0 {
		return updateAndClear(s)
	}
	others := s.rigs[1:]
	return s.removeSocket(others[n/2%len(others)])
}
