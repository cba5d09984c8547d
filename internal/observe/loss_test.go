//go:build kernel

package observe

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// hooking are the backends with hooks: without them there are no events to lose.
func hooking(t *testing.T) []probe.Backend {
	t.Helper()
	all := backends(t)
	if all[0] == probe.None {
		t.Skip("this kernel has no hooks whose events could be lost")
	}
	return all
}

// TestLossUnderChurn follows full churn through a buffer of one page. What is lost
// is counted, and when the churn is over the state is the kernel's, node by node.
func TestLossUnderChurn(t *testing.T) {
	for _, b := range hooking(t) {
		for _, scenario := range []string{"listener-poll", "no-poll"} {
			t.Run(string(b)+"/"+scenario, func(t *testing.T) {
				o := workload.DefaultOptions()
				o.Sockets, o.Pause = 5000, workload.Pauses{workload.StageReady, workload.StageDone}
				run := startWith(t, scenario, o)
				until(t, run, workload.StageReady)
				obs := attach(t, Options{PID: run.PID(), Backend: b, BufferBytes: os.Getpagesize()})
				qt.Assert(t, qt.IsNil(run.Go()))
				until(t, run, workload.StageDone)
				begin := time.Now()
				settle(t, obs)
				equalsKernel(t, obs)
				report, err := obs.Report()
				qt.Assert(t, qt.IsNil(err))
				t.Logf("%d events lost, %d repairs, exact after %s", report.Lost.Events, report.Lost.Repairs, time.Since(begin))
				checkRepaired(t, &report)
				if scenario == "listener-poll" && obs.Reclaim() != events.Independent {
					qt.Check(t, qt.Equals(report.Rings[0].Queue.Nodes, o.Sockets))
				}
			})
		}
	}
}

func checkRepaired(t *testing.T, r *queue.Report) {
	t.Helper()
	qt.Check(t, qt.IsTrue(r.Exact), qt.Commentf("%+v", r))
	qt.Check(t, qt.Not(qt.Equals(r.Lost.Events, 0)))
	qt.Check(t, qt.Not(qt.Equals(r.Lost.Repairs, 0)))
}

// still is an Observer of our own process that does only what it is told.
type still struct {
	*Observer
	t *testing.T
}

func attachToSelf(t *testing.T, o Options) *still {
	t.Helper()
	o.PID, o.AllowNoRing = os.Getpid(), true
	obs, err := Attach(t.Context(), o)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { qt.Check(t, qt.IsNil(obs.Close())) })
	return &still{obs, t}
}

// look does the upkeep until cond holds.
func (s *still) look(what string, cond func(*queue.Report) bool) *queue.Report {
	s.t.Helper()
	var report queue.Report
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		qt.Assert(s.t, qt.IsNil(s.upkeep(s.nextJoin)))
		if report = s.incident.Explain(probe.Now()); cond(&report) {
			return &report
		}
	}
	s.t.Fatalf("not within 10 s: %s: %+v", what, report)
	return nil
}

// repaired waits until all is exact and the kernel's. What was repaired may be lost
// anew: the release of what is queued by then is a burst of events, too.
func (s *still) repaired() *queue.Report {
	s.t.Helper()
	var differences []string
	for range 40 {
		r := s.look("exact", func(r *queue.Report) bool { return r.Exact })
		var err error
		differences, err = s.Differences()
		qt.Assert(s.t, qt.IsNil(err))
		if len(differences) == 0 {
			return r
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("what is exact is not the kernel's:\n%s", strings.Join(differences, "\n"))
	return nil
}

// calm waits out what may still be told of what is over: 6.1's worker runs a second
// later than it was asked to, whether or not it has anything left to do.
func (s *still) calm() {
	s.t.Helper()
	for begin := time.Now(); time.Since(begin) < 1500*time.Millisecond; {
		qt.Assert(s.t, qt.IsNil(s.live.Wait(drainEvery, s.incident.Hear)))
	}
}

// fds are those of the rings that are open.
func fds(r *queue.Report) []int {
	var out []int
	for i := range r.Rings {
		if !r.Rings[i].Ended && !r.Rings[i].Exiting {
			out = append(out, r.Rings[i].FD)
		}
	}
	slices.Sort(out)
	return out
}

// TestOnlyWhoLostIsInexact: of two rings one is too busy for the buffer.
func TestOnlyWhoLostIsInexact(t *testing.T) {
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			busy, idle := newOwnRing(t), newOwnRing(t)
			s := attachToSelf(t, Options{Backend: b, BufferBytes: os.Getpagesize()})
			idle.churn(1)
			s.look("all is released", func(r *queue.Report) bool { return r.Exact && r.Total().Nodes == 0 })
			s.calm()
			busy.churn(200)
			qt.Assert(t, qt.IsNil(s.catchUp()))
			for _, st := range s.Status() {
				qt.Check(t, qt.Equals(st.Exact, st.FD == idle.fd), qt.Commentf("%+v", st))
			}
			checkRepaired(t, s.repaired())
		})
	}
}

// TestReadingEnds reads more slowly than a ring is busy: neither way of reading may
// go on for ever, or losses would be counted by nobody.
func TestReadingEnds(t *testing.T) {
	// Bytes of the smallest record with its header, and events that one can tell.
	const smallest, most = 56, 4
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			ring := newOwnRing(t)
			s := attachToSelf(t, Options{Backend: b, BufferBytes: os.Getpagesize()})
			stop := make(chan struct{})
			var wait sync.WaitGroup
			wait.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						ring.churn(1)
					}
				}
			})
			n := 0
			slow := func(*events.Event) { n++; time.Sleep(time.Millisecond) }
			for range 3 {
				n = 0
				time.Sleep(50 * time.Millisecond)
				qt.Check(t, qt.IsNil(s.live.Drain(slow)))
				qt.Check(t, qt.IsTrue(n > 0 && n <= most*os.Getpagesize()/smallest), qt.Commentf("%d events", n))
			}
			begin := time.Now()
			qt.Check(t, qt.IsNil(s.live.Wait(drainEvery, slow)))
			qt.Check(t, qt.IsTrue(time.Since(begin) < 5*time.Second))
			close(stop)
			wait.Wait()
			checkRepaired(t, s.repaired())
		})
	}
}

// TestLossOfRings loses what tells of the rings themselves: one is closed, one is
// made, and one is made and closed. None is missed and none stays as a ghost.
func TestLossOfRings(t *testing.T) {
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			busy, closed := newOwnRing(t), newOwnRing(t)
			s := attachToSelf(t, Options{Backend: b, BufferBytes: os.Getpagesize()})
			busy.churn(200)
			closed.close()
			made, brief := newOwnRing(t), newOwnRing(t)
			made.churn(1)
			brief.churn(1)
			brief.close()
			var loss events.Loss
			for range 200 { // rings end in a worker
				time.Sleep(20 * time.Millisecond)
				var err error
				loss, err = s.live.Loss()
				qt.Assert(t, qt.IsNil(err))
				if loss.ByKind[events.RingGone] == 2 {
					break
				}
			}
			qt.Check(t, qt.Equals(loss.ByKind[events.RingCreate], 2))
			qt.Check(t, qt.Equals(loss.ByKind[events.RingExit], 2))
			qt.Assert(t, qt.Equals(loss.ByKind[events.RingGone], 2))
			r := s.repaired()
			checkRepaired(t, r)
			qt.Check(t, qt.DeepEquals(fds(r), []int{busy.fd, made.fd}))
			qt.Check(t, qt.HasLen(r.Rings, 3), qt.Commentf("and the one that was closed"))
			// From here on events tell what happens.
			lost := r.Lost.Events
			qt.Assert(t, qt.IsNil(s.live.Wait(drainEvery, s.incident.Hear)))
			made.close()
			r = s.look("end of a ring", func(r *queue.Report) bool { return len(fds(r)) == 1 })
			qt.Check(t, qt.Equals(r.Lost.Events, lost))
		})
	}
}

// TestRoomForRings: the filter has room for one of two rings. The other is known
// from walks, which is said, until there is room.
func TestRoomForRings(t *testing.T) {
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			one, other := newOwnRing(t), newOwnRing(t)
			s := attachToSelf(t, Options{Backend: b, Limits: probe.Limits{Rings: 1}})
			r := s.incident.Explain(probe.Now())
			qt.Check(t, qt.IsFalse(r.Exact))
			qt.Assert(t, qt.HasLen(r.Rings, 2))
			deaf := slices.IndexFunc(r.Rings, func(r queue.RingReport) bool { return !r.Exact })
			qt.Check(t, qt.StringContains(r.Rings[deaf].Inexact, "known from walks only"))
			qt.Check(t, qt.IsTrue(r.Rings[1-deaf].Exact))
			third := newOwnRing(t)
			got := s.look("a ring that no event tells of", func(r *queue.Report) bool { return len(fds(r)) == 3 })
			qt.Check(t, qt.Equals(got.Lost.Rings, 1))
			third.close()
			followed, left := one, other
			if r.Rings[deaf].FD == one.fd {
				followed, left = other, one
			}
			followed.close()
			got = s.repaired()
			qt.Check(t, qt.DeepEquals(fds(got), []int{left.fd}))
			left.churn(1)
			s.repaired()
		})
	}
}

// TestRingThatHadEnded: what began to be followed too late is let go.
func TestRingThatHadEnded(t *testing.T) {
	const nobodys = 0xdead000
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			ring := newOwnRing(t)
			s := attachToSelf(t, Options{Backend: b})
			_, err := s.live.WatchRing(nobodys)
			qt.Assert(t, qt.IsNil(err))
			s.adopted[nobodys] = struct{}{}
			qt.Assert(t, qt.IsNil(s.join()))
			loss, err := s.live.Loss()
			qt.Assert(t, qt.IsNil(err))
			_, there := loss.ByRing[nobodys]
			qt.Check(t, qt.IsFalse(there))
			qt.Check(t, qt.HasLen(loss.ByRing, 1))
			qt.Check(t, qt.DeepEquals(fds(s.repaired()), []int{ring.fd}))
		})
	}
}

// TestRingEndsDuringJoin: what is told of a ring that is gone by the time the join
// counts what was lost is still that ring's.
func TestRingEndsDuringJoin(t *testing.T) {
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			ring := newOwnRing(t)
			s := attachToSelf(t, Options{Backend: b})
			ring.churn(3)
			ring.close()
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				loss, err := s.live.Loss()
				qt.Assert(t, qt.IsNil(err))
				if len(loss.ByRing) == 0 {
					break
				}
				qt.Assert(t, qt.IsTrue(time.Now().Before(deadline)), qt.Commentf("the ring does not end"))
			}
			qt.Assert(t, qt.IsNil(s.join()))
			r := s.incident.Explain(probe.Now())
			qt.Assert(t, qt.HasLen(r.Rings, 1))
			qt.Check(t, qt.IsTrue(r.Rings[0].Ended))
			qt.Check(t, qt.Equals(r.Rings[0].Seen.Removed, 3))
		})
	}
}

// TestRoomForSockets: a socket whose release can't be followed is counted. The
// listener in slot 0 takes the only room.
func TestRoomForSockets(t *testing.T) {
	for _, b := range hooking(t) {
		t.Run(string(b), func(t *testing.T) {
			run := start(t, "listener-poll", workload.StageReady, workload.StageDone)
			until(t, run, workload.StageReady)
			o := attach(t, Options{PID: run.PID(), Backend: b, Limits: probe.Limits{Socks: 1}})
			qt.Assert(t, qt.IsNil(run.Go()))
			until(t, run, workload.StageDone)
			settle(t, o)
			r, err := o.Report()
			qt.Assert(t, qt.IsNil(err))
			qt.Check(t, qt.IsTrue(r.Lost.Socks > 0))
			nothingLost(t, o, &r)
			qt.Check(t, qt.IsTrue(r.Exact), qt.Commentf("%+v", r.Rings))
		})
	}
}

// TestRoomForCalls: where a kprobe waits for its kretprobe, and finds no room to
// remember what for, the event is lost like any other.
func TestRoomForCalls(t *testing.T) {
	hooking(t)
	s := attachToSelf(t, Options{Backend: probe.Kprobe, Limits: probe.Limits{Calls: 1}})
	ring := newOwnRing(t)
	ring.churn(1) // an allocation within an update
	r := s.repaired()
	if s.Reclaim() == events.Independent { // elsewhere, hooks need no such room
		checkRepaired(t, r)
	}
	qt.Check(t, qt.HasLen(r.Lost.Kinds, 0))
}

// TestEveryEndIsTold closes many rings at once, each of which ends in a worker that
// sleeps: a kretprobe there would miss most of them, and so would one program at a
// tracepoint when a worker is preempted in it. Two may both be skipped, as may the
// program at the rings' exits; all ends are known nevertheless.
func TestEveryEndIsTold(t *testing.T) {
	const many = 40
	for _, b := range backends(t) {
		t.Run(string(b), func(t *testing.T) {
			s := attachToSelf(t, Options{Backend: b})
			var rings []*ownRing
			for range many {
				rings = append(rings, newOwnRing(t))
			}
			s.look("all rings", func(r *queue.Report) bool { return len(fds(r)) == many })
			var closing sync.WaitGroup
			for _, ring := range rings {
				closing.Go(ring.close)
			}
			closing.Wait()
			open := func(r queue.RingReport) bool { return !r.Ended }
			s.look("all ends", func(r *queue.Report) bool { return !slices.ContainsFunc(r.Rings, open) })
			loss, err := s.live.Loss()
			qt.Assert(t, qt.IsNil(err))
			qt.Check(t, qt.HasLen(loss.ByKind, 0))
			qt.Check(t, qt.HasLen(loss.ByRing, 0), qt.Commentf("none is followed any more"))
		})
	}
}
