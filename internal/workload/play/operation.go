//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// operation is one thing that an improviser may do.
type operation struct {
	name   string
	weight int
	make   func(*improviser, *part) error
}

// operations are what random scenarios are made of. Removals prevail, as they do in
// programs that suffer from them.
func operations() []operation {
	return []operation{
		{"update one file", 20, (*improviser).updateOne},
		{"update many files", 10, (*improviser).updateMany},
		{"clear a slot", 15, (*improviser).clear},
		{"make a direct socket", 12, (*improviser).makeDirect},
		{"close a direct file", 10, (*improviser).closeDirect},
		{"update buffers", 8, (*improviser).updateBuffers},
		{"close a held descriptor", 4, (*improviser).closeHeld},
		{"use a file", 8, (*improviser).useFile},
		{"nops", 2, (*improviser).nops},
		{"wait", 7, (*improviser).wait},
		{"let a wait end", 3, (*improviser).feedWait},
		{"cancel a wait", 4, (*improviser).cancelWait},
		{"unregister and register", 1, (*improviser).reregister},
	}
}

// Ways to update the file table.
const (
	byRegister = iota
	byRegisterWithTags
	byRequest
	ways
)

func (im *improviser) updateOne(p *part) error {
	return im.updateFiles(p, im.rng.IntN(len(p.files)), 1, im.rng.IntN(ways))
}

// maxMany is the most slots that one call changes.
const maxMany = 8

func (im *improviser) updateMany(p *part) error {
	n := 2 + im.rng.IntN(min(maxMany, len(p.files))-1)
	return im.updateFiles(p, im.rng.IntN(len(p.files)-n+1), n, im.rng.IntN(ways))
}

// updateFiles changes n slots in one call: most get a file, if there are more than
// one then some are cleared or left alone.
func (im *improviser) updateFiles(p *part, offset, n, way int) error {
	list, fds, tags := make([]*placed, n), make([]int32, n), make([]uint64, n)
	for i := range n {
		choice := im.rng.IntN(6)
		switch {
		case n > 1 && choice == 0:
			fds[i] = ring.Empty
		case n > 1 && choice == 1:
			fds[i], list[i] = ring.Keep, kept
		default:
			h, err := im.file()
			if err != nil {
				return err
			}
			list[i], fds[i] = &placed{thing: h.thing}, int32(h.fd)
			if way == byRegisterWithTags && im.rng.IntN(4) > 0 {
				tags[i] = p.tags.next()
				list[i].tag = tags[i]
			}
		}
	}
	err := p.update(uint32(offset), fds, tags, way, im.s.mark())
	if err == nil {
		p.put(p.files, offset, list)
	}
	// Few descriptors stay open; the others are those of closed connections.
	for len(im.held) > 0 && (err != nil || im.rng.IntN(8) > 0) {
		im.closeOldest()
	}
	return err
}

func (p *part) update(offset uint32, fds []int32, tags []uint64, way int, mark uint64) error {
	switch way {
	case byRegisterWithTags:
		return p.ring.UpdateFilesTag(offset, fds, tags)
	case byRequest:
		result, err := p.do(func(userData uint64) error {
			return p.ring.UpdateFilesRequest(offset, fds, userData)
		}, mark)
		return expect(result, err, int32(len(fds)))
	default:
		return p.ring.UpdateFiles(offset, fds)
	}
}

// expect turns a completion into an error unless it is the one wanted.
func expect(result int32, err error, want int32) error {
	switch {
	case err != nil:
		return err
	case result == want:
		return nil
	case result < 0:
		return unix.Errno(-result)
	default:
		return fmt.Errorf("result %d, expected %d", result, want)
	}
}

// file returns an open file to register: a socket, now and then another file or one
// that is registered already.
func (im *improviser) file() (heldFile, error) {
	if len(im.held) > 0 && im.rng.IntN(4) == 0 {
		return im.held[im.rng.IntN(len(im.held))], nil
	}
	h, err := im.open()
	if err != nil {
		return h, fmt.Errorf("make a file: %w", err)
	}
	im.held = append(im.held, h)
	return h, nil
}

func (im *improviser) open() (heldFile, error) {
	types := []int{unix.SOCK_STREAM, unix.SOCK_STREAM, unix.SOCK_DGRAM}
	kind := im.rng.IntN(len(types) + 1)
	if kind == len(types) {
		fd, err := unix.MemfdCreate("uringload", unix.MFD_CLOEXEC)
		return im.hold(fd, workload.KindFile, err)
	}
	fd, err := unix.Socket(unix.AF_INET, types[kind]|unix.SOCK_CLOEXEC, 0)
	return im.hold(fd, workload.KindSocket, err)
}

// hold makes a thing of an open descriptor.
func (im *improviser) hold(fd int, kind string, err error) (heldFile, error) {
	if err != nil {
		return heldFile{}, err
	}
	ino, err := inode(fd)
	if err != nil {
		return heldFile{}, errors.Join(err, unix.Close(fd))
	}
	t := &thing{kind: kind, inode: ino, descriptors: 1}
	if kind == workload.KindSocket {
		im.sockets = append(im.sockets, t)
	}
	return heldFile{fd, t}, nil
}

func (h heldFile) close() {
	_ = unix.Close(h.fd) // ours and open
	h.descriptors--
}

func (im *improviser) closeOldest() {
	im.held[0].close()
	im.held = im.held[1:]
}

func (im *improviser) closeHeld(*part) error {
	if len(im.held) > 0 {
		im.closeOldest()
	}
	return nil
}

// clear removes what is in a slot, if anything.
func (im *improviser) clear(p *part) error {
	slot := im.rng.IntN(len(p.files))
	way := im.rng.IntN(ways)
	err := p.update(uint32(slot), []int32{ring.Empty}, []uint64{0}, way, im.s.mark())
	if err == nil {
		p.put(p.files, slot, []*placed{nil})
	}
	return err
}

// makeDirect makes a socket in a slot of our choice, which it may have to take from
// another file, or in a free one of the kernel's choice.
func (im *improviser) makeDirect(p *part) error {
	slot, free := im.rng.IntN(len(p.files)), false
	for _, f := range p.files {
		free = free || f == nil
	}
	if im.rng.IntN(2) == 0 && free {
		result, err := p.do(func(userData uint64) error {
			return p.ring.SocketDirectAlloc(unix.AF_INET, unix.SOCK_STREAM, 0, userData)
		}, im.s.mark())
		if err == nil && (result < 0 || int(result) >= len(p.files) || p.files[result] != nil) {
			err = fmt.Errorf("the kernel's choice is slot %d", result)
		}
		if err != nil {
			return err
		}
		slot = int(result)
	} else {
		result, err := p.do(func(userData uint64) error {
			return p.ring.SocketDirect(unix.AF_INET, unix.SOCK_STREAM, 0, uint32(slot), userData)
		}, im.s.mark())
		if err := expect(result, err, 0); err != nil {
			return err
		}
	}
	t := &thing{kind: workload.KindSocket}
	im.sockets = append(im.sockets, t)
	p.put(p.files, slot, []*placed{{thing: t}})
	return nil
}

// closeDirect closes a slot; an empty one is refused.
func (im *improviser) closeDirect(p *part) error {
	slot := im.rng.IntN(len(p.files))
	want := int32(0)
	if p.files[slot] == nil {
		want = -int32(unix.EBADF)
	}
	result, err := p.do(func(userData uint64) error { return p.ring.CloseDirect(uint32(slot), userData) }, im.s.mark())
	if err := expect(result, err, want); err != nil {
		return err
	}
	p.put(p.files, slot, []*placed{nil})
	return nil
}

// updateBuffers changes one or more slots of the buffer table.
func (im *improviser) updateBuffers(p *part) error {
	n := 1 + im.rng.IntN(3)
	offset := im.rng.IntN(improvisedBuffers - n + 1)
	list, buffers, tags := make([]*placed, n), make([][]byte, n), make([]uint64, n)
	for i := range n {
		if im.rng.IntN(3) == 0 {
			continue // clears the slot
		}
		list[i], buffers[i] = im.buffer(), im.spare[im.rng.IntN(len(im.spare))]
		if im.rng.IntN(4) > 0 {
			tags[i] = p.tags.next()
			list[i].tag = tags[i]
		}
	}
	if err := p.ring.UpdateBuffersTag(uint32(offset), buffers, tags); err != nil {
		return err
	}
	p.put(p.ledger.buffers, offset, list)
	return nil
}

func (im *improviser) buffer() *placed { return &placed{thing: &thing{kind: workload.KindBuffer}} }

// useFile makes a request on a registered file that ends at once.
func (im *improviser) useFile(p *part) error {
	slot := im.rng.IntN(len(p.files))
	if f := p.files[slot]; f == nil || f.kind != workload.KindFile {
		return nil
	}
	// A file in memory is always ready.
	result, err := p.do(func(userData uint64) error {
		return p.ring.PollAdd(ring.Slot(slot), unix.POLLIN, userData)
	}, im.s.mark())
	return expect(result, err, unix.POLLIN)
}

func (im *improviser) nops(p *part) error {
	n := uint64(1 + im.rng.IntN(2*ringEntries))
	for i := range n {
		if err := p.ring.Nop(im.s.mark() + i); err != nil {
			return err
		}
	}
	if err := p.ring.Submit(); err != nil {
		return err
	}
	for i := range n {
		if _, err := p.await(im.s.mark() + i); err != nil {
			return err
		}
	}
	return nil
}

// reregister drops a table and makes a new one. Kernels before 6.13 wait for the
// requests in flight, so these are cancelled first.
func (im *improviser) reregister(p *part) error {
	for _, w := range slices.Clone(im.waits) {
		if w.part != p {
			continue
		}
		if err := p.cancel(w.pin); err != nil {
			return err
		}
		im.finish(w)
	}
	if im.rng.IntN(3) == 0 {
		if err := p.ring.UnregisterBuffers(); err != nil {
			return err
		}
		p.drop(p.ledger.buffers)
		return p.registerBuffers()
	}
	if err := p.ring.UnregisterFiles(); err != nil {
		return err
	}
	p.drop(p.files)
	return p.registerFiles(workload.MinSlots + im.rng.IntN(im.s.options.Slots))
}
