package recording

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// slab gives addresses as the kernel's does: by the page, in some order, the one
// that was freed last first.
type slab struct {
	rnd  *rand.Rand
	size uint64
	free []uint64
}

func (s *slab) take() uint64 {
	if len(s.free) == 0 {
		page := 0xffff_8880_0000_0000 | uint64(s.rnd.Uint32N(1<<20))<<pageBits
		for at := uint64(0); at+s.size <= 1<<pageBits; at += s.size {
			s.free = append(s.free, page+at)
		}
		s.rnd.Shuffle(len(s.free), func(i, j int) { s.free[i], s.free[j] = s.free[j], s.free[i] })
	}
	last := len(s.free) - 1
	addr := s.free[last]
	s.free = s.free[:last]
	return addr
}

func (s *slab) give(addr uint64) { s.free = append(s.free, addr) }

// serverEvents is what the hooks say on 6.12 of a server whose connections come
// and go through a table of direct descriptors: three events for each. With leak
// a poll holds the queue, and there are but two.
type serverEvents struct {
	rnd                 *rand.Rand
	nodes, files, socks *slab
	time, node, tail    uint64
	inode               uint64
	leak                bool
	n                   int
}

func newServer(leak bool) *serverEvents {
	rnd := rand.New(rand.NewPCG(3, 0))
	s := &serverEvents{
		rnd: rnd, nodes: &slab{rnd: rnd, size: 64}, files: &slab{rnd: rnd, size: 256}, socks: &slab{rnd: rnd, size: 1024},
		time: 1e12, inode: 31415, leak: leak,
	}
	s.node = s.nodes.take()
	return s
}

const serverRing = 0xffff_8881_0203_4000

func (s *serverEvents) each(n int, fn func(*events.Entry)) {
	tell := func(e events.Event) {
		if s.n >= n {
			return
		}
		s.n++
		s.time += 300 + s.rnd.Uint64N(4000)
		e.Time, e.Ring, e.TID = s.time, serverRing, 4130+uint32(s.rnd.IntN(4))
		fn(&events.Entry{Kind: events.Heard, Time: e.Time, Event: &e})
	}
	tell(events.Event{Kind: events.RingCreate, FD: 5, Node: s.node})
	for s.n < n {
		s.time += s.rnd.Uint64N(40_000)
		s.inode += 1 + s.rnd.Uint64N(3)
		file, sock := s.files.take(), s.socks.take()
		res := events.Resource{
			ID: file, Sock: sock, Inode: s.inode, Refs: 1, Family: afInet, Proto: 6, State: 7, Type: events.File, Kind: events.Socket,
			Local:  events.Endpoint{Addr: [16]byte{10, 1, 2, 3}, Port: 6379},
			Remote: events.Endpoint{Addr: [16]byte{10, 9, byte(s.rnd.IntN(4)), byte(s.rnd.IntN(250))}, Port: 32768 + uint16(s.rnd.IntN(28000))},
		}
		tell(events.Event{Kind: events.NodeRemove, Node: s.node, Tail: s.tail, Resource: res, Slot: uint32(s.rnd.IntN(2000))})
		old := s.node
		s.node = s.nodes.take()
		tell(events.Event{Kind: events.NodeNew, Node: s.node})
		if s.leak {
			s.tail = old
			continue
		}
		tell(events.Event{Kind: events.NodeZero, Node: old})
		s.nodes.give(old)
		s.files.give(file)
		s.socks.give(sock)
	}
}

const million = 1_000_000

// BenchmarkMillion records a million events and explains the recording.
func BenchmarkMillion(b *testing.B) {
	for name, leak := range map[string]bool{"churn": false, "leak": true} {
		h := someHeader()
		h.Reclaim = events.Ordered.String()
		var data []byte
		b.Run(name+"/record", func(b *testing.B) {
			for b.Loop() {
				var out bytes.Buffer
				w, err := NewWriter(&out, h)
				qt.Assert(b, qt.IsNil(err))
				newServer(leak).each(million, func(e *events.Entry) { _ = w.Entry(e) })
				qt.Assert(b, qt.IsNil(w.Close()))
				data = out.Bytes()
			}
			b.ReportMetric(float64(len(data))/million, "B/event")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/event")
		})
		b.Run(name+"/explain", func(b *testing.B) {
			for b.Loop() {
				before := heapInUse()
				r, err := NewReader(bytes.NewReader(data))
				qt.Assert(b, qt.IsNil(err))
				p := Play(r)
				p.End()
				report := p.Report()
				qt.Assert(b, qt.IsNil(p.Cut()))
				qt.Assert(b, qt.HasLen(report.Rings, 1))
				b.ReportMetric(float64(heapInUse()-before)/1e6, "MB")
				runtime.KeepAlive(p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/event")
		})
		b.Run(name+"/read", func(b *testing.B) {
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(data))
				qt.Assert(b, qt.IsNil(err))
				var e events.Entry
				for err == nil {
					err = r.Next(&e)
				}
				qt.Assert(b, qt.ErrorIs(err, io.EOF))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/event")
		})
	}
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
