//go:build linux

package main

import (
	"bytes"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
)

func TestTable(t *testing.T) {
	hidden := leak()
	hidden.Kernel.Release, hidden.Rings[0].Blockers[0].Requests = "6.12.117+deb12", []queue.Request{}
	var out bytes.Buffer
	qt.Assert(t, qt.IsNil(table(&out, []row{leak().row(), hidden.row(), cure().row()})))
	qt.Check(t, qt.Equals(out.String(), `kernel          sockets made  still used  queue depth  blocker
6.1.0                   1000        1000         1000  POLL_ADD user_data 0xfeed on slot 0
6.12.117+deb12          1000        1000         1000  a request that was not found
7.3.4                   1000           0            0  none
`))
}
