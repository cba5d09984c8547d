//go:build !linux

package main

import "os"

// inFront is false where there is nothing live to show.
func inFront(*os.File) bool { return false }

// interrupt is not called: there is no full screen.
func interrupt() {}
