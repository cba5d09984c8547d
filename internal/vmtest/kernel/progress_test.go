package kernel

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quicktest/qt"
)

// download shows a download of 2 MB that is half done after a quarter of a second.
func download(t *testing.T, terminal bool) string {
	dir := t.TempDir()
	var said bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		stop := NewProgress(&said, terminal).Watch("kernel 6.1: downloading it", dir, candidate{size: 2e6})
		time.Sleep(watchInterval * 5 / 4)
		qt.Assert(t, qt.IsNil(os.Mkdir(filepath.Join(dir, "partial"), 0o700)))
		qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(dir, "partial", "deb"), make([]byte, 1e6), 0o600)))
		time.Sleep(watchInterval)
		stop()
	})
	return said.String()
}

func TestDownloadsShowHowFarTheyAre(t *testing.T) {
	const line = "\rkernel 6.1: downloading it 2 MB"
	qt.Check(t, qt.Equals(download(t, true), line+"   0%\x1b[K"+line+"  50%\x1b[K"+line+"\x1b[K\n"))
	qt.Check(t, qt.Equals(download(t, false), "kernel 6.1: downloading it 2 MB\n"))
}
