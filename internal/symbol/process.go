package symbol

import (
	"path/filepath"
	"slices"
	"strconv"

	"uringtrace/internal/events"
)

// Process names addresses of one process. It is not safe for concurrent use.
type Process struct {
	dir    string // of the process, in /proc
	maps   []mapping
	images map[string]*image // by device and inode; nil: can't be read
}

// Of is process pid.
func Of(pid int) *Process {
	return &Process{dir: filepath.Join("/proc", strconv.Itoa(pid)), images: make(map[string]*image)}
}

// Frames names a stack's addresses, innermost first. All but the first are where
// calls return to, and are named by the instruction before.
func (p *Process) Frames(addresses []uint64) []events.Frame {
	if slices.ContainsFunc(addresses, func(a uint64) bool { return p.find(a) == nil }) {
		p.maps = readMaps(filepath.Join(p.dir, "maps"))
	}
	out := make([]events.Frame, len(addresses))
	for i, address := range addresses {
		pc := address
		if i > 0 {
			pc--
		}
		out[i] = p.name(pc)
		out[i].Address = address
	}
	return out
}

func (p *Process) name(pc uint64) events.Frame {
	m := p.find(pc)
	if m == nil {
		return events.Frame{}
	}
	f := events.Frame{Module: m.Module}
	if m.inode == 0 {
		return f
	}
	if img := p.image(m); img != nil {
		f.Module.BuildID = img.buildID
		img.name(pc-m.Start+m.Offset, &f)
	}
	return f
}

func (p *Process) find(address uint64) *mapping {
	i, found := slices.BinarySearchFunc(p.maps, address, func(m mapping, a uint64) int {
		switch {
		case m.End <= a:
			return -1
		case m.Start > a:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &p.maps[i]
}

// image reads a mapped file: as it was mapped if we may, whatever has become of its
// name, else by its name as the process sees it.
func (p *Process) image(m *mapping) *image {
	if img, ok := p.images[m.file]; ok {
		return img
	}
	img := readImage(filepath.Join(p.dir, "map_files", m.rng))
	if img == nil {
		img = readImage(filepath.Join(p.dir, "root", m.Path))
	}
	p.images[m.file] = img
	return img
}
