//go:build linux

package machine

import (
	"os"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/vmtest/cpio"
)

func testFiles(t *testing.T) *files {
	t.Helper()
	f, err := newFiles(cpio.NewTree())
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(f.close)
	return f
}

func TestArguments(t *testing.T) {
	f := testFiles(t)
	c := Config{Kernel: "/k/vmlinuz", Memory: "1G", CPUs: 2, Append: []string{"io_uring.x=1"}}
	got := strings.Join(arguments(c, f), " ")
	for _, want := range []string{
		"-accel tcg,thread=single -smp 2", "-kernel /k/vmlinuz", "-m 1G", "-no-reboot",
		" io_uring.x=1", "-chardev file,id=live,path=/dev/fd/3 -serial chardev:live",
	} {
		qt.Check(t, qt.StringContains(got, want))
	}
	c.ICount = true
	got = strings.Join(arguments(c, f), " ")
	qt.Check(t, qt.StringContains(got, "-accel tcg,thread=single -icount shift=0,sleep=off -smp 1"))
	c.Console = &Console{}
	qt.Check(t, qt.StringContains(strings.Join(arguments(c, f), " "), "socket,id=console,fd=4"))
}

func TestFilesGoEarly(t *testing.T) {
	f := testFiles(t)
	f.remove()
	_, err := os.Stat(f.dir)
	qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
	// What QEMU has open can still be read.
	_, err = f.console.Stat()
	qt.Check(t, qt.IsNil(err))
}

func TestCrashErrorShowsWhy(t *testing.T) {
	lines := []string{"[    1.0] BUG: unable to handle page fault"}
	for range 40 {
		lines = append(lines, "[    1.1]  ? frame+0x1/0x2")
	}
	lines = append(lines, "[    1.2] ---[ end Kernel panic - not syncing ]---")
	err := newCrashError(ErrTimeout, true, strings.NewReader(strings.Join(lines, "\r\n")))
	qt.Check(t, qt.ErrorIs(err, ErrTimeout))
	qt.Check(t, qt.DeepEquals(err.Complaints, []string{"BUG: unable to handle page fault"}))
	qt.Check(t, qt.HasLen(err.Console, consoleTail))
	qt.Check(t, qt.StringContains(err.Detail(), "  [    1.2] ---[ end Kernel panic"))
	qt.Check(t, qt.Equals(newCrashError(ErrTimeout, true, strings.NewReader("")).Detail(), ""))
}
