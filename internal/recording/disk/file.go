package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// mode: who may not look at a process may not look at what it did either.
const (
	mode    = 0o600
	dirMode = 0o700
)

// ErrExists is that there is a file already that nobody said may go.
var ErrExists = errors.New("it exists already")

// File is a recording in one file: a recording.Sink.
type File struct {
	f    *os.File
	size int64
}

// Create makes a file that nobody else can read. With force it takes the place of
// one that is there.
func Create(name string, force bool) (*File, error) {
	f, err := create(name)
	if errors.Is(err, fs.ErrExist) && force {
		if info, statErr := os.Lstat(name); statErr != nil || !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is no file: it is not replaced", name)
		}
		if err = os.Remove(name); err == nil {
			f, err = create(name)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%s: %w", name, ErrExists)
	}
	if err != nil {
		return nil, err
	}
	return &File{f: f}, nil
}

func create(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// Write appends. What can't be written whole is taken back, so that the file ends
// with what was.
func (f *File) Write(data []byte) (int, error) {
	n, err := f.f.Write(data)
	if err != nil {
		_ = f.f.Truncate(f.size) // a reader finds a torn frame otherwise, and says so
		return n, err
	}
	f.size += int64(n)
	return n, nil
}

// Full is always false: a file has no next segment.
func (f *File) Full() bool { return false }

// Turn is not called, since it is never full.
func (f *File) Turn() error { return errors.ErrUnsupported }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// Discard closes and removes it: there is nothing in it.
func (f *File) Discard() { _, _ = f.f.Close(), os.Remove(f.f.Name()) }

// Stream is a recording on its way elsewhere: a recording.Sink.
type Stream struct{ io.Writer }

// Full is always false.
func (Stream) Full() bool { return false }

// Turn is not called.
func (Stream) Turn() error { return errors.ErrUnsupported }

// Close does nothing: the stream is somebody else's.
func (Stream) Close() error { return nil }

// Discard does nothing.
func (Stream) Discard() {}
