//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// wait is a request in flight of an improviser. Each has a file of its own, so that
// nothing but feed ends it.
type wait struct {
	*pin
	part *part
	// on is what it was issued on, node what it holds on an ordered kernel.
	on   []*placed
	node *node
	// feed makes the kernel complete it. What it returns is for when that has happened.
	feed func() (clean func() error, err error)
	// open are descriptors that go with it. The first is of what it waits on.
	open []heldFile
}

func (w *wait) close() {
	for _, h := range w.open {
		h.close()
	}
	w.open = nil
}

// request is what a wait is made of.
type request struct {
	file ring.File
	buf  []byte
	// buffer is the registered buffer that buf lies in.
	buffer int
	// sink is where a splice goes.
	sink     int
	userData uint64
}

// waitKind is a way to wait.
type waitKind struct {
	op        string
	multishot bool
	state     string
	target    func(*improviser, *wait) error
	// plain is on a descriptor, not in a slot.
	plain bool
	// buffered is into a registered buffer.
	buffered bool
	queue    func(*ring.Ring, request) error
}

func waitKinds() []waitKind {
	poll := func(r *ring.Ring, q request) error { return r.PollAdd(q.file, unix.POLLIN, q.userData) }
	readFixed := func(r *ring.Ring, q request) error { return r.ReadFixed(q.file, q.buf, q.buffer, q.userData) }
	pipe, datagram, listener := (*improviser).onPipe, (*improviser).onDatagram, (*improviser).onListener
	return []waitKind{
		{op: opPollAdd, target: pipe, queue: poll},
		{op: opPollAdd, target: pipe, queue: poll, plain: true},
		{op: opPollAdd, target: pipe, multishot: true, queue: func(r *ring.Ring, q request) error {
			return r.PollMultishot(q.file, unix.POLLIN, q.userData)
		}},
		{op: opRead, target: pipe, queue: func(r *ring.Ring, q request) error {
			return r.Read(q.file, q.buf, q.userData)
		}},
		{op: opRead, target: pipe, queue: func(r *ring.Ring, q request) error {
			return r.ReadAsync(q.file, q.buf, q.userData)
		}},
		{op: opReadFixed, target: pipe, queue: readFixed, plain: true, buffered: true},
		{op: opReadFixed, target: pipe, queue: readFixed, buffered: true},
		{op: opSplice, target: pipe, state: workload.StateWorker, queue: func(r *ring.Ring, q request) error {
			return r.Splice(q.file, ring.FD(q.sink), 1, q.userData)
		}},
		{op: opRecv, target: datagram, queue: func(r *ring.Ring, q request) error {
			return r.Recv(q.file, q.buf, q.userData)
		}},
		{op: opAccept, target: listener, queue: func(r *ring.Ring, q request) error {
			return r.Accept(q.file, q.userData)
		}},
		{op: opAccept, target: listener, multishot: true, queue: func(r *ring.Ring, q request) error {
			return r.AcceptMultishot(q.file, q.userData)
		}},
	}
}

// maxWaits bounds what is in flight: more of them would only hold the queues for
// ever.
const maxWaits = 12

// wait leaves a request in flight.
func (im *improviser) wait(p *part) error {
	if len(im.waits) >= maxWaits {
		return nil
	}
	kinds := waitKinds()
	kind := kinds[im.rng.IntN(len(kinds))]
	w := &wait{part: p}
	err := kind.target(im, w)
	if err == nil {
		err = im.issue(w, kind)
	}
	if err != nil {
		w.close()
		return fmt.Errorf("%s: %w", kind.op, err)
	}
	im.waits = append(im.waits, w)
	if im.rng.IntN(2) == 0 {
		// From now on only the table and the request keep it.
		w.open[0].close()
		w.open = w.open[1:]
	}
	return nil
}

// issue registers what the request needs and submits it.
func (im *improviser) issue(w *wait, kind waitKind) error {
	p, target := w.part, w.open[0]
	truth := workload.Pin{
		Op: kind.op, Slot: workload.NoSlot, Buffer: workload.NoSlot, Inode: target.inode,
		Multishot: kind.multishot, State: kind.state,
	}
	memory := im.spare[im.rng.IntN(len(im.spare))]
	q := request{file: ring.FD(target.fd), buf: memory[:1]}
	if !kind.plain {
		truth.Slot = im.rng.IntN(len(p.files))
		if err := p.ring.UpdateFiles(uint32(truth.Slot), []int32{int32(target.fd)}); err != nil {
			return err
		}
		w.on = append(w.on, &placed{thing: target.thing})
		p.put(p.files, truth.Slot, w.on)
		q.file = ring.Slot(truth.Slot)
	}
	if kind.buffered {
		truth.Buffer = im.rng.IntN(improvisedBuffers)
		q.buffer = truth.Buffer
		if err := p.ring.UpdateBuffersTag(uint32(q.buffer), [][]byte{memory}, []uint64{0}); err != nil {
			return err
		}
		on := im.buffer()
		p.put(p.ledger.buffers, q.buffer, []*placed{on})
		w.on = append(w.on, on)
	}
	if kind.op == opSplice {
		var fds [2]int
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		if err := im.keep(w, fds, workload.KindPipe); err != nil {
			return err
		}
		q.sink = fds[1]
	}
	var err error
	w.pin, err = im.s.leave(p.rig, truth, func(userData uint64) error {
		q.userData = userData
		return kind.queue(p.ring, q)
	})
	if err != nil {
		return err
	}
	w.node = p.hold(w.pin, w.on)
	return nil
}

func (im *improviser) onPipe(w *wait) error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	w.feed = func() (func() error, error) { return nothing, writeByte(fds[1]) }
	return im.keep(w, fds, workload.KindPipe)
}

func nothing() error { return nil }

func writeByte(fd int) error {
	_, err := unix.Write(fd, []byte{1})
	return err
}

// keep makes two descriptors go with w.
func (im *improviser) keep(w *wait, fds [2]int, kind string) error {
	for _, fd := range fds {
		h, err := im.hold(fd, kind, nil)
		if err != nil {
			return err
		}
		w.open = append(w.open, h)
	}
	return nil
}

// onDatagram makes w wait on a socket without a peer: a connected one would keep
// its other end when that is closed.
func (im *improviser) onDatagram(w *wait) error {
	address, err := im.onSocket(w, unix.SOCK_DGRAM)
	w.feed = func() (func() error, error) { return nothing, sendByte(address) }
	return err
}

func (im *improviser) onListener(w *wait) error {
	address, err := im.onSocket(w, unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	w.feed = func() (func() error, error) { return connect(address) }
	return unix.Listen(w.open[0].fd, 1)
}

func (im *improviser) onSocket(w *wait, typ int) (unix.Sockaddr, error) {
	fd, err := unix.Socket(unix.AF_INET, typ|unix.SOCK_CLOEXEC, 0)
	h, err := im.hold(fd, workload.KindSocket, err)
	if err != nil {
		return nil, err
	}
	w.open = append(w.open, h)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, err
	}
	return unix.Getsockname(fd)
}

func sendByte(address unix.Sockaddr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return errors.Join(unix.Sendto(fd, []byte{1}, 0, address), unix.Close(fd))
}

// connect makes a connection that is reset when it is closed, and so leaves nothing
// behind. Reset before it is accepted, it might never have been there.
func connect(address unix.Sockaddr) (clean func() error, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nothing, err
	}
	err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	if err == nil {
		err = unix.Connect(fd, address)
	}
	return func() error { return unix.Close(fd) }, err
}

// anyWait picks one of the waits on a ring, or nil.
func (im *improviser) anyWait(p *part) *wait {
	var here []*wait
	for _, w := range im.waits {
		if w.part == p {
			here = append(here, w)
		}
	}
	if len(here) == 0 {
		return nil
	}
	return here[im.rng.IntN(len(here))]
}

// feedWait makes a request complete. A multishot one goes on.
func (im *improviser) feedWait(p *part) error {
	w := im.anyWait(p)
	if w == nil {
		return nil
	}
	if err := p.feedAndWait(w); err != nil {
		return fmt.Errorf("feed %s: %w", w.Op, err)
	}
	if w.ended {
		im.finish(w)
	}
	return nil
}

func (p *part) feedAndWait(w *wait) error {
	before := len(w.completions)
	clean, err := w.feed()
	for err == nil && len(w.completions) == before {
		var c ring.Completion
		if c, err = p.ring.Wait(reapTimeout); err == nil {
			p.take(c)
		}
	}
	if err := errors.Join(err, clean()); err != nil {
		return err
	}
	if last := w.completions[before]; last.Result < 0 {
		return unix.Errno(-last.Result)
	}
	if w.ended != !w.Multishot {
		return fmt.Errorf("ended %t, multishot %t", w.ended, w.Multishot)
	}
	return nil
}

// cancelWait cancels with a request or with a register call.
func (im *improviser) cancelWait(p *part) error {
	w := im.anyWait(p)
	if w == nil {
		return nil
	}
	if im.rng.IntN(2) == 0 {
		if err := p.cancelSync(w.pin); err != nil {
			return fmt.Errorf("%s: %w", w.Op, err)
		}
		for !w.ended {
			c, err := p.ring.Wait(reapTimeout)
			if err != nil {
				return fmt.Errorf("cancel %s: %w", w.Op, err)
			}
			p.take(c)
		}
	} else if err := p.cancel(w.pin); err != nil {
		return err
	}
	im.finish(w)
	return nil
}

// workerPatience bounds SYNC_CANCEL of what a worker thread runs, which may sleep all
// the time it is given though the request has gone.
const workerPatience = 50 * time.Millisecond

// cancelSync cancels with a register call. For what a worker thread runs the answer
// says little, see ring.SyncCancel; its completion tells.
func (p *part) cancelSync(pin *pin) error {
	match := ring.MatchUserData(uint64(pin.UserData))
	if pin.State != workload.StateWorker {
		_, err := p.ring.SyncCancel(match, reapTimeout)
		return err
	}
	_, err := p.ring.SyncCancel(match, workerPatience)
	if errors.Is(err, unix.ETIME) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// finish takes note that a request has ended.
func (im *improviser) finish(w *wait) {
	w.part.let(w.pin, w.node, w.on)
	w.part.pins = slices.DeleteFunc(w.part.pins, func(p *pin) bool { return p == w.pin })
	im.waits = slices.DeleteFunc(im.waits, func(other *wait) bool { return other == w })
	w.close()
}
