//go:build giouring && linux

package play

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ends are a file to wait on and the one whose use would end the wait.
type ends struct {
	wait, feed int
	inode      uint64
}

// makePipe makes a pipe that stays empty.
func makePipe(s *scene) (err error) {
	s.pipe, err = s.newPipe()
	return err
}

// newPipe returns a pipe that lives as long as the scene.
func (s *scene) newPipe() (*ends, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	s.undo = append(s.undo, func() error { return errors.Join(unix.Close(fds[0]), unix.Close(fds[1])) })
	ino, err := inode(fds[0])
	return &ends{wait: fds[0], feed: fds[1], inode: ino}, err
}

func installPipe(s *scene) error {
	if err := s.install(pipeSlot, s.pipe.wait); err != nil {
		return fmt.Errorf("install the pipe: %w", err)
	}
	return nil
}

// installConnection connects to the listener and puts the accepted end, which
// nothing is ever sent to, into a slot.
func installConnection(s *scene) error {
	peer, err := s.dial()
	if err != nil {
		return err
	}
	fd, _, err := unix.Accept4(s.listener.fd, unix.SOCK_CLOEXEC)
	if err != nil {
		return fmt.Errorf("accept a connection: %w", err)
	}
	s.undo = append(s.undo, func() error { return unix.Close(fd) })
	ino, err := inode(fd)
	if err != nil {
		return err
	}
	s.connection = &ends{wait: fd, feed: peer, inode: ino}
	if err := s.install(connectionSlot, fd); err != nil {
		return fmt.Errorf("install the connection: %w", err)
	}
	return nil
}
