//go:build linux

package probe

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/proc"
)

func TestCandidates(t *testing.T) {
	users := []proc.User{{PID: 7, Comm: "nginx"}, {PID: 4121, Comm: "evil\x1b[2J"}}
	qt.Check(t, qt.Equals(candidates(nil), "no process has an io_uring open"))
	qt.Check(t, qt.Equals(candidates(users), `with an io_uring there are 7 "nginx", 4121 "evil\x1b[2J"`))
	for range 5 {
		users = append(users, proc.User{PID: 1, Comm: "x"})
	}
	qt.Check(t, qt.Equals(candidates(users), `with an io_uring there are 7 "nginx", 4121 "evil\x1b[2J", 1 "x", 1 "x", 3 more`))
}
