package proc_test

import (
	"os"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/proc"
)

// TestRoot reads the real one: it always has us.
func TestRoot(t *testing.T) {
	qt.Check(t, qt.Not(qt.Equals(proc.Comm(proc.Root(), os.Getpid()), "")))
}
