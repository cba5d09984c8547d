package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Open opens a recording: a file, or a directory of segments, which are read one
// after the other. The caller closes it.
func Open(name string) (io.ReadCloser, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return os.Open(name)
	}
	names, err := segments(name)
	if err != nil {
		return nil, err
	}
	return &chain{names: names}, nil
}

// segments are those in a directory, oldest first.
func segments(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if isSegment(e.Name()) {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, errors.New(dir + " has no segments of a recording in it")
	}
	slices.Sort(names)
	return names, nil
}

// chain reads files one after the other.
type chain struct {
	names []string
	begun bool
	now   *os.File
}

func (c *chain) Read(p []byte) (int, error) {
	for {
		if c.now == nil {
			if err := c.open(); err != nil {
				return 0, err
			}
		}
		n, err := c.now.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			c.begun = true
			return n, err
		}
		if err := c.Close(); err != nil {
			return 0, err
		}
	}
}

// open opens the next. The oldest may go while it is read about: then the recording
// begins later.
func (c *chain) open() (err error) {
	for len(c.names) > 0 {
		name := c.names[0]
		c.names = c.names[1:]
		if c.now, err = os.Open(name); c.begun || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return io.EOF
}

func (c *chain) Close() error {
	if c.now == nil {
		return nil
	}
	now := c.now
	c.now = nil
	return now.Close()
}
