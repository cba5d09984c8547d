//go:build linux

package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"uringtrace/internal/vmtest/cpio"
)

// files are those that QEMU reads and writes. Their directory is removed as
// soon as QEMU has opened them, so that a killed vmrun leaves nothing.
type files struct {
	dir     string
	console *os.File // to read what QEMU wrote
	result  *os.File
}

func newFiles(root *cpio.Tree) (*files, error) {
	dir, err := os.MkdirTemp("", "vmrun-")
	if err != nil {
		return nil, err
	}
	f := &files{dir: dir}
	if err := f.create(root); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *files) create(root *cpio.Tree) (err error) {
	if f.console, err = os.Create(filepath.Join(f.dir, "console")); err != nil {
		return err
	}
	if f.result, err = os.Create(filepath.Join(f.dir, "result.tar.gz")); err != nil {
		return err
	}
	archive, err := os.Create(f.rootPath())
	if err != nil {
		return err
	}
	if err := errors.Join(root.Write(archive), archive.Close()); err != nil {
		return fmt.Errorf("write initramfs: %w", err)
	}
	return nil
}

func (f *files) rootPath() string { return filepath.Join(f.dir, "root.cpio") }

func (f *files) remove() {
	// What stays is in the way of disk space only.
	_ = os.RemoveAll(f.dir)
}

func (f *files) close() {
	f.remove()
	for _, file := range []*os.File{f.console, f.result} {
		if file != nil {
			file.Close()
		}
	}
}
