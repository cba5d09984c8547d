package proc_test

import (
	"testing"
	"testing/fstest"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/proc"
)

func TestSockets(t *testing.T) {
	fsys := fstest.MapFS{
		"7/net/sockstat": {Data: []byte("sockets: used 1009\nTCP: inuse 5 orphan 0 tw 0 alloc 8 mem 1\n")},
		"8/net/sockstat": {Data: []byte("what is this")},
	}
	n, err := proc.Sockets(fsys, 7)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(n, 1009))
	for _, pid := range []int{8, 9} {
		_, err := proc.Sockets(fsys, pid)
		qt.Check(t, qt.ErrorMatches(err, "count sockets.*"))
	}
}
