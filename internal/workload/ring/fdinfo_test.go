//go:build giouring && linux

package ring

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
)

// fdinfo is what the kernel itself says about a ring.
type fdinfo struct {
	// files and buffers map a filled slot to what is there.
	files, buffers map[int]string
	// slots is the size of the file table; some kernels count only what they list.
	slots int
}

var (
	headLine = regexp.MustCompile(`^(\w+):(?:\s+(\d+))?\s*$`)
	slotLine = regexp.MustCompile(`^\s*(\d+): (.*)$`)
)

// readInfo parses /proc/self/fdinfo of the ring. The kernel leaves the tables out if
// the ring happens to be locked, so it tries again.
func readInfo(t *testing.T, r *Ring) fdinfo {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", r.FD()))
		qt.Assert(t, qt.IsNil(err))
		if strings.Contains(string(text), "UserFiles:") {
			return parseInfo(string(text))
		}
	}
	t.Fatal("the ring's fdinfo shows no tables")
	return fdinfo{}
}

func parseInfo(text string) fdinfo {
	info := fdinfo{files: map[int]string{}, buffers: map[int]string{}}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := slotLine.FindStringSubmatch(line); m != nil {
			slot, _ := strconv.Atoi(m[1])
			switch {
			case m[2] == "<none>": // 6.1 and 6.12 list empty slots too
			case section == "UserFiles":
				info.files[slot] = m[2]
			case section == "UserBufs":
				info.buffers[slot] = m[2]
			}
			continue
		}
		if m := headLine.FindStringSubmatch(line); m != nil {
			section = m[1]
			if section == "UserFiles" {
				info.slots, _ = strconv.Atoi(m[2])
			}
		}
	}
	return info
}

func TestParseInfoOfOldAndNewKernels(t *testing.T) {
	old := "SqMask:\t0x7\nUserFiles:\t3\n    0: TCP\n    1: <none>\n    2: memfd:a\nUserBufs:\t1\n    0: 0x7f00/4096\nPollList:\n"
	info := parseInfo(old)
	qt.Assert(t, qt.DeepEquals(info.files, map[int]string{0: "TCP", 2: "memfd:a"}))
	qt.Assert(t, qt.DeepEquals(info.buffers, map[int]string{0: "0x7f00/4096"}))
	qt.Assert(t, qt.Equals(info.slots, 3))

	now := "UserFiles:\t3\n    0: socket:[8]\nUserBufs:\t0\nPollList:\n  op=6, task_works=0\n"
	info = parseInfo(now)
	qt.Assert(t, qt.DeepEquals(info.files, map[int]string{0: "socket:[8]"}))
	qt.Assert(t, qt.HasLen(info.buffers, 0))
}
