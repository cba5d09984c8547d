package cpio

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tree is a file system in the making. Paths are absolute guest paths;
// missing parents appear by themselves, a later entry replaces an earlier one.
type Tree struct {
	nodes map[string]node
}

type node struct {
	header Header
	data   []byte // contents of small files, target of links
	source string // or the file of this machine that has the contents
}

// NewTree returns an empty tree.
func NewTree() *Tree {
	return &Tree{nodes: make(map[string]node)}
}

// Has tells whether something is at name.
func (t *Tree) Has(name string) bool {
	_, ok := t.nodes[clean(name)]
	return ok
}

// Dir adds a directory with permission bits perm.
func (t *Tree) Dir(name string, perm fs.FileMode) {
	t.add(name, node{header: Header{Mode: TypeDir | modeBits(perm)}})
}

// Bytes adds a file with the given contents.
func (t *Tree) Bytes(name string, data []byte, perm fs.FileMode) {
	t.add(name, node{header: Header{Mode: TypeFile | modeBits(perm), Size: int64(len(data))}, data: data})
}

// Link adds a symbolic link.
func (t *Tree) Link(name, target string) {
	t.add(name, node{header: Header{Mode: TypeLink | 0o777, Size: int64(len(target))}, data: []byte(target)})
}

// Char adds a character device.
func (t *Tree) Char(name string, major, minor uint32) {
	t.add(name, node{header: Header{Mode: TypeChar | 0o666, Major: major, Minor: minor}})
}

// File adds the regular file src of this machine; it is read when the tree is
// written. A symbolic link is followed.
func (t *Tree) File(name, src string) error {
	info, err := os.Stat(src)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", src)
	}
	t.add(name, node{header: Header{Mode: TypeFile | modeBits(info.Mode()), Size: info.Size()}, source: src})
	return nil
}

// Copy adds src, a file or a whole directory. Links inside a directory stay
// links; sockets, pipes and devices are left out.
func (t *Tree) Copy(name, src string) error {
	info, err := os.Stat(src)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return t.File(name, src)
	}
	return filepath.WalkDir(src, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, p)
		if err != nil {
			return err
		}
		return t.entry(path.Join(name, filepath.ToSlash(rel)), p, d)
	})
}

func (t *Tree) entry(name, src string, d fs.DirEntry) error {
	switch {
	case d.IsDir():
		info, err := os.Stat(src)
		if err != nil {
			return err
		}
		t.Dir(name, info.Mode())
	case d.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(src)
		if err != nil {
			return err
		}
		t.Link(name, target)
	case d.Type().IsRegular():
		return t.File(name, src)
	}
	return nil
}

// Write writes the tree as an archive, parents before children.
func (t *Tree) Write(dst io.Writer) error {
	names := make([]string, 0, len(t.nodes))
	for name := range t.nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	w := NewWriter(dst)
	for _, name := range names {
		n := t.nodes[name]
		n.header.Name = name
		if err := n.write(w); err != nil {
			return err
		}
	}
	return w.Close()
}

func (n node) write(w *Writer) error {
	if n.source == "" {
		return w.Add(n.header, bytes.NewReader(n.data))
	}
	f, err := os.Open(n.source)
	if err != nil {
		return err
	}
	defer f.Close()
	return w.Add(n.header, f)
}

func (t *Tree) add(name string, n node) {
	name = clean(name)
	if name == "" {
		return
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := t.nodes[dir]; !ok {
			t.nodes[dir] = node{header: Header{Mode: TypeDir | 0o755}}
		}
	}
	t.nodes[name] = n
}

func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

func modeBits(perm fs.FileMode) uint32 {
	bits := uint32(perm.Perm())
	if perm&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return bits
}
