package queue

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// benchNodes is a queue as the leak makes it in production.
const benchNodes = 1_000_000

// churn is what the hooks say of the i-th removal, that nobody holds; addresses
// come back as from a slab.
func churn(gen events.Reclaim, i int) []events.Event {
	node, next := uint64(0x1000+0x80*(i%64)), uint64(0x1000+0x80*((i+1)%64))
	list := []events.Event{removes(node, uint64(i)), born(next), zero(node)}
	if gen == events.OrderedDeferred {
		list = []events.Event{removes(node, uint64(i)), switches(node, next), zero(node), batch(), puts(node, uint64(i))}
	}
	for j := range list {
		list[j].Ring, list[j].Time = ring1, uint64(i)
	}
	return list
}

// churned is a ring and events that can be applied to it over and over.
func churned(gen events.Reclaim) (*State, []events.Event) {
	s := New(gen)
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 0x1000})
	var list []events.Event
	for i := range 64 {
		list = append(list, churn(gen, i)...)
	}
	return s, list
}

func TestApplyDoesNotAllocate(t *testing.T) {
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered} {
		s, list := churned(gen)
		allocs := testing.AllocsPerRun(10, func() {
			for i := range list {
				s.Apply(&list[i])
			}
		})
		qt.Check(t, qt.Equals(allocs, 0), qt.Commentf("%v", gen))
		qt.Check(t, qt.HasLen(s.Inexact(), 0))
	}
}

func BenchmarkApply(b *testing.B) {
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered} {
		b.Run(gen.String(), func(b *testing.B) {
			s, list := churned(gen)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				s.Apply(&list[n%len(list)])
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			if len(s.Inexact()) > 0 {
				b.Fatal(s.all[0].inexact)
			}
		})
	}
}

// grow queues nodes behind a held head, as the leak does: two events each and
// on release one more.
func grow(s *State, gen events.Reclaim, nodes int) {
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 0x1000})
	e := events.Event{Ring: ring1, Kind: events.NodeRemove}
	for i := range nodes {
		node := uint64(0x1000 + 0x80*i)
		e.Node, e.Time, e.Resource = node, uint64(i), tcpFile(uint64(0x1000_0000+i))
		e.Tail = node - 0x80
		if i == 0 {
			e.Tail = 0
		}
		s.Apply(&e)
		next := events.Event{Ring: ring1, Kind: events.NodeNew, Node: node + 0x80}
		if gen == events.OrderedDeferred {
			next = switches(node, node+0x80)
			next.Ring = ring1
		}
		s.Apply(&next)
		if i > 0 {
			s.Apply(&events.Event{Ring: ring1, Kind: events.NodeZero, Node: node})
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkQueue measures a queue of a million: its growth, memory and
// explanation.
func BenchmarkQueue(b *testing.B) {
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered} {
		b.Run(fmt.Sprintf("%v/%d", gen, benchNodes), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				before := heap()
				s := New(gen)
				b.StartTimer()
				grow(s, gen, benchNodes)
				b.StopTimer()
				b.ReportMetric(float64(heap()-before)/benchNodes, "B/node")
				if r := s.live(ring1); r.queue.n != benchNodes || r.inexact != "" {
					b.Fatal(r.queue.n, r.inexact)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N)*3*benchNodes/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	s := New(events.Ordered)
	grow(s, events.Ordered, benchNodes)
	s.Holders(queueWalk(1e9, map[uint64]int64{0x1000: 1}, []uint64{0x1000}, polls(1, 0x1000)))
	b.ReportAllocs()
	for b.Loop() {
		if got := s.Explain(Input{Costs: simCosts}).Rings[0].Queue.Blocked; got != benchNodes-1 {
			b.Fatal(got)
		}
	}
}

// longWalk is a walk of a queue behind a held head, that is decoded as it is read.
type longWalk int

func (n longWalk) Ring() uint64 { return ring1 }

func (n longWalk) Len() int { return int(n) }

func (n longWalk) Each(fn func(*events.WalkNode)) {
	for i := range uint64(n) {
		wn := events.WalkNode{Ring: ring1, Node: 0x1000 + 0x80*i, First: true, Resource: tcpFile(0x1000_0000 + i)}
		if i == 0 {
			wn.Refs = 1
		}
		fn(&wn)
	}
}

func (n longWalk) Drain(fn func(*events.WalkNode)) { n.Each(fn) }

// BenchmarkAbsorb measures the first look at a queue of a million, and the next.
func BenchmarkAbsorb(b *testing.B) {
	for _, looks := range []int{1, 2} {
		b.Run(fmt.Sprintf("looks=%d", looks), func(b *testing.B) {
			for b.Loop() {
				s := New(events.Ordered)
				for range looks {
					s.Absorb(&events.Walk{
						Begin: 1, End: 2, Rings: []events.WalkRing{{Ring: ring1, FD: 3}}, More: []events.RingNodes{longWalk(benchNodes)},
					})
				}
				if r := s.live(ring1); r.queue.n != benchNodes || r.inexact != "" {
					b.Fatal(r.queue.n, r.inexact)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*looks)/benchNodes, "ns/node")
		})
	}
}
