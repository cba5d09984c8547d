package kernel

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Progress tells a person what happens, one line per step.
type Progress struct {
	w        io.Writer
	terminal bool
}

// NewProgress writes to w; terminal allows lines that change.
func NewProgress(w io.Writer, terminal bool) *Progress {
	return &Progress{w: w, terminal: terminal}
}

// Say prints one line.
func (p *Progress) Say(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...)
}

const (
	megabyte      = 1e6
	watchInterval = 200 * time.Millisecond
)

// Watch announces the download of c into dir and, on a terminal, shows how far
// it is until the returned function is called.
func (p *Progress) Watch(text, dir string, c candidate) (stop func()) {
	text = fmt.Sprintf("%s %.0f MB", text, float64(c.size)/megabyte)
	if !p.terminal {
		p.Say("%s", text)
		return func() {}
	}
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		ticks := time.NewTicker(watchInterval)
		defer ticks.Stop()
		for {
			select {
			case <-done:
				fmt.Fprintf(p.w, "\r%s\x1b[K\n", text)
				return
			case <-ticks.C:
				fmt.Fprintf(p.w, "\r%s %3d%%\x1b[K", text, percent(dir, c.size))
			}
		}
	})
	return func() { close(done); watcher.Wait() }
}

// percent is the share of size that the files of dir hold.
func percent(dir string, size int64) int64 {
	var have int64
	// apt may keep the growing file in a directory "partial" below.
	for _, pattern := range []string{"*", "partial/*"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				have += info.Size()
			}
		}
	}
	return min(100, have*100/max(size, 1))
}
