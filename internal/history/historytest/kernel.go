// Package historytest tells of leaks that never were: the entries of a kernel that
// has nothing but the nodes of one ring, for the tests of who follows a history.
package historytest

import (
	"math/rand/v2"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
)

// RingAt is the address of the ring, unless another was asked for.
const RingAt = 0x1000

// Kernel tells entries of a ring whose nodes are released in order, at once, and
// keeps books of its own. Times are ns.
type Kernel struct {
	Now      uint64 // move it on between operations
	Comm     string // of the task that submits
	Queue    []*Node
	Pins     []*Node // that have ended, and had been held for a second or longer
	Removed  uint64
	Released uint64

	ring   uint64
	rnd    *rand.Rand
	take   func(*events.Entry)
	last   uint64 // node
	active uint64
}

// Node is a node of the queue.
type Node struct {
	Begin, End uint64 // when it came into the queue, and when it was held no more
	Held       bool
	Released   int // nodes that left the queue when it was held no more
	addr       uint64
}

// Subject is the process that the entries are of.
func Subject(reclaim events.Reclaim) *incident.Subject {
	return &incident.Subject{
		Target: queue.Target{PID: 4121, Comm: "dragonfly"}, Release: "6.12.0", Reclaim: reclaim, Backend: "fentry",
		Costs:  queue.Costs{Node: 64, File: 256, Dentry: 192, Inode: 832, Sock: map[string]uint64{"tcp": 2304}},
		Settle: incident.SettleTime(reclaim),
	}
}

// NewKernel makes a ring, at the first second.
func NewKernel(take func(*events.Entry)) *Kernel { return NewKernelAt(RingAt, take) }

// NewKernelAt makes one at an address, so that there can be several.
func NewKernelAt(ring uint64, take func(*events.Entry)) *Kernel {
	k := &Kernel{ring: ring, rnd: rand.New(rand.NewPCG(1, ring)), take: take, Now: 1e9, Comm: "Proactor2", last: 0x2000}
	k.active = k.node()
	k.hear(events.Event{Kind: events.RingCreate, FD: 5, Node: k.active})
	return k
}

func (k *Kernel) node() uint64 {
	k.last += 0x80
	return k.last
}

func (k *Kernel) hear(e events.Event) {
	e.Ring, e.Time = k.ring, k.Now
	k.take(&events.Entry{Kind: events.Heard, Time: k.Now, Event: &e})
}

// Remove takes a socket from a slot while a request holds the active node, or none.
func (k *Kernel) Remove(held bool) {
	n := &Node{addr: k.active, Begin: k.Now, Held: held}
	e := events.Event{Kind: events.NodeRemove, Node: n.addr, Slot: 1, Resource: socket(n.addr, closed)}
	if len(k.Queue) > 0 {
		e.Tail = k.Queue[len(k.Queue)-1].addr
	}
	k.hear(e)
	k.Removed++
	k.active = k.node()
	k.Queue = append(k.Queue, n)
	k.hear(events.Event{Kind: events.NodeNew, Node: k.active})
	if !held {
		k.zero(n)
	}
}

// End ends the requests that hold the i-th node of the queue.
func (k *Kernel) End(i int) {
	n := k.Queue[i]
	n.Held, n.End = false, k.Now
	k.zero(n)
	if n.End-n.Begin >= uint64(incident.SettleTime(events.Ordered)) {
		k.Pins = append(k.Pins, n)
	}
}

func (k *Kernel) zero(n *Node) {
	for len(k.Queue) > 0 && !k.Queue[0].Held {
		k.Queue = k.Queue[1:]
		n.Released++
	}
	k.Released += uint64(n.Released)
	k.hear(events.Event{Kind: events.NodeZero, Node: n.addr})
}

// Run does n things at random.
func (k *Kernel) Run(n int) {
	for range n {
		k.Now += uint64(k.rnd.IntN(300e6))
		if i := k.rnd.IntN(10); i < len(k.Queue) && k.Queue[i].Held && k.rnd.IntN(4) == 0 {
			k.End(i)
			continue
		}
		k.Remove(k.rnd.IntN(5) == 0)
	}
}

// Walk is what a walk finds: a poll holds every node that is held.
func (k *Kernel) Walk() *events.Walk {
	w := &events.Walk{
		Begin: k.Now, End: k.Now + 1,
		Rings: []events.WalkRing{{Ring: k.ring, TGID: 4121, FD: 5, Registered: -1, Slots: 8, Reclaim: events.Ordered, Active: k.active}},
	}
	for _, n := range k.Queue {
		wn := events.WalkNode{Ring: k.ring, Node: n.addr, First: true, Place: events.AtQueue, Resource: socket(n.addr, closed)}
		if n.Held {
			wn.Refs = 1
			w.Requests = append(w.Requests, events.WalkRequest{
				Ring: k.ring, Request: n.addr, FileNode: n.addr, UserData: n.addr, Opcode: 6, Buffer: -1, TID: 4130, Comm: k.Comm,
				File: socket(0, listening), Found: events.FoundPoll, Shots: events.OneShot,
			})
		}
		w.Nodes = append(w.Nodes, wn)
	}
	w.Nodes = append(w.Nodes, events.WalkNode{Ring: k.ring, Node: k.active, First: true, Place: events.AtActive})
	return w
}

// Tell tells an entry that is about a walk, as of now.
func (k *Kernel) Tell(kind events.EntryKind) {
	k.take(&events.Entry{Kind: kind, Time: k.Now + 1, Walk: k.Walk()})
}

// Lose tells that so many events of the ring were lost so far.
func (k *Kernel) Lose(total uint64) {
	k.take(&events.Entry{Kind: events.Lost, Time: k.Now, Loss: &events.Loss{
		Begin: k.Now, End: k.Now, ByKind: map[events.Kind]uint64{events.NodeZero: total}, ByRing: map[uint64]uint64{k.ring: total},
	}})
}

// Sample tells how many sockets are in use.
func (k *Kernel) Sample(sockets int) {
	k.take(&events.Entry{Kind: events.Sampled, Time: k.Now, Sockets: sockets})
}

// States of TCP.
const (
	closed    = 7
	listening = 10
)

// socket is the one that a node holds, or that a request works on.
func socket(node uint64, state uint8) events.Resource {
	return events.Resource{
		ID: node + 1, Sock: node + 2, Refs: 1, Type: events.File, Kind: events.Socket, Family: 2, Proto: 6, State: state,
		Local: events.Endpoint{Addr: [16]byte{127, 0, 0, 1}, Port: 6379},
	}
}

// Leak tells of a process that runs for some minutes: a poll on its listener pins
// the queue early, two shorter requests pin it behind that, events are lost on the
// way, and at the end the poll is still there.
func (k *Kernel) Leak(removals int) {
	step := uint64(300e9) / uint64(removals)
	for i := range removals {
		k.Now += step
		switch part := removals / 20; i {
		case part, 5 * part, 9 * part:
			k.Remove(true)
			k.Tell(events.Held)
		case 7 * part, 15 * part:
			k.End(k.held(1))
		case 11 * part:
			k.Lose(3)
			k.Now += 4e9
			k.Tell(events.Joined)
		case 17 * part:
			k.Tell(events.Held)
		default:
			k.Remove(false)
		}
		if i%(1+removals/200) == 0 {
			k.Sample(140 + len(k.Queue))
		}
	}
}

// held finds the place of the n-th node that is held, from 0.
func (k *Kernel) held(n int) int {
	for i, node := range k.Queue {
		if node.Held {
			if n == 0 {
				return i
			}
			n--
		}
	}
	panic("so many are not held")
}
