//go:build linux

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// inFront reports whether the keys of the terminal are ours: a job in the
// background would be stopped when it asks for them.
func inFront(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp() // an error: nobody controls jobs there
}

// interrupt does what Ctrl-C on a terminal does.
func interrupt() { _ = unix.Kill(unix.Getpid(), unix.SIGINT) }
