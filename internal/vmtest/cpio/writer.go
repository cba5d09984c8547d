package cpio

import (
	"bufio"
	"fmt"
	"io"
)

// File types of Header.Mode, as in stat(2).
const (
	TypeDir  = 0o040000
	TypeFile = 0o100000
	TypeLink = 0o120000
	TypeChar = 0o020000
)

const (
	magic   = "070701"
	trailer = "TRAILER!!!"
	// The size field of newc is eight hex digits.
	maxSize = 1<<32 - 1
)

// Header describes one archive member.
type Header struct {
	Name         string // relative to the root, without leading slash
	Mode         uint32 // type and permission bits
	Size         int64  // bytes of the body
	Major, Minor uint32 // device number of a TypeChar
}

// Writer writes newc members one after the other. It is not safe for
// concurrent use.
type Writer struct {
	w      *bufio.Writer
	offset int64
	inode  uint32
}

// NewWriter returns a Writer on w. The caller owns w and closes it after
// Writer.Close.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 1<<20)}
}

// Add writes one member with a body of exactly h.Size bytes. A nil body is an
// empty one.
func (w *Writer) Add(h Header, body io.Reader) error {
	if h.Size > maxSize {
		return fmt.Errorf("%s: %d bytes are too many for a newc archive", h.Name, h.Size)
	}
	w.inode++
	if err := w.header(h, w.inode); err != nil {
		return fmt.Errorf("header of %s: %w", h.Name, err)
	}
	if body == nil {
		return nil
	}
	n, err := io.CopyN(w.w, body, h.Size)
	w.offset += n
	if err != nil {
		return fmt.Errorf("body of %s after %d of %d bytes: %w", h.Name, n, h.Size, err)
	}
	return w.pad()
}

// Close writes the trailer and flushes.
func (w *Writer) Close() error {
	if err := w.header(Header{Name: trailer}, 0); err != nil {
		return fmt.Errorf("trailer: %w", err)
	}
	return w.w.Flush()
}

func (w *Writer) header(h Header, inode uint32) error {
	links := 1
	if h.Mode&0o170000 == TypeDir {
		links = 2
	}
	// inode mode uid gid nlink mtime size devmajor devminor rdevmajor
	// rdevminor namesize check
	n, err := fmt.Fprintf(w.w, "%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00", magic,
		inode, h.Mode, 0, 0, links, 0, h.Size, 0, 0, h.Major, h.Minor, len(h.Name)+1, 0, h.Name)
	w.offset += int64(n)
	if err != nil {
		return err
	}
	return w.pad()
}

// pad fills up to the next multiple of four, which newc demands after the
// name and after the body.
func (w *Writer) pad() error {
	for w.offset%4 != 0 {
		if err := w.w.WriteByte(0); err != nil {
			return err
		}
		w.offset++
	}
	return nil
}
