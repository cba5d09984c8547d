package queue

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/workload"
)

func TestRemediesAreBackedByScenarios(t *testing.T) {
	times := []When{Now, InCode, WithKernel, Never}
	last := 0
	for _, row := range remedyTable {
		_, err := workload.Find(row.scenario)
		qt.Check(t, qt.IsNil(err), qt.Commentf("%s", row.id))
		at := slices.Index(times, row.when)
		qt.Check(t, qt.IsTrue(at >= last), qt.Commentf("%s is out of order", row.id))
		last = at
	}
}

// blockedBy is the report of a blocked ring whose head the requests hold.
func blockedBy(flags uint32, requests ...events.WalkRequest) RingReport {
	s := New(events.Ordered)
	play(s, events.Event{Kind: events.RingCreate, FD: 5, Node: 10, Flags: flags},
		removes(10, 1), born(20), removesAfter(10, 20, 2), born(30), zero(20))
	w := queueWalk(1e9, map[uint64]int64{10: int64(len(requests))}, []uint64{10, 20})
	w.Rings[0].Flags = flags
	for i, q := range requests {
		q.Ring, q.Request, q.FileNode = ring1, uint64(i+1), 10
		w.Requests = append(w.Requests, q)
	}
	s.Holders(w)
	return s.Explain(Input{Target: Target{PID: 4121}}).Rings[0]
}

func asks(op uint8, file events.Resource) events.WalkRequest {
	return events.WalkRequest{Opcode: op, UserData: 0xfeed, File: file, Buffer: -1, TID: 4130, Shots: events.OneShot}
}

const (
	opRead      = 22
	opReadFixed = 4
	opPollAdd   = 6
	opAccept    = 13
	opRecv      = 27
)

func listenerFile() events.Resource {
	return events.Resource{
		ID: 9, Type: events.File, Kind: events.Socket, Family: simInet, Proto: simTCP, State: 10, Inode: 81234,
		Local: events.Endpoint{Port: 6379},
	}
}

func connectionFile() events.Resource {
	f := listenerFile()
	f.State, f.Remote = 1, events.Endpoint{Addr: [16]byte{10, 0, 0, 7}, Port: 50000}
	return f
}

func pipeFile() events.Resource {
	return events.Resource{ID: 9, Type: events.File, Kind: events.FIFO, Inode: 77}
}

// ids lists what is offered at a time.
func ids(rr *RingReport, when ...When) string {
	var out []string
	for _, r := range rr.Remedies {
		if slices.Contains(when, r.When) {
			out = append(out, r.ID)
		}
	}
	return strings.Join(out, " ")
}

func text(rr *RingReport, id string, when When) string {
	for _, r := range rr.Remedies {
		if r.ID == id && r.When == when {
			return r.Text
		}
	}
	return ""
}

func multishot(q events.WalkRequest) events.WalkRequest {
	q.Shots = events.Multishot
	return q
}

func found(at events.Found, q events.WalkRequest) events.WalkRequest {
	q.Found = at
	return q
}

func onBuffer(index int32, q events.WalkRequest) events.WalkRequest {
	q.Buffer = index
	return q
}

func TestRemedies(t *testing.T) {
	const (
		never  = "close-fd clear-slot more-updates unregister"
		single = setupSingleIssuer
		deferT = setupSingleIssuer | setupDeferTaskrun
	)
	for _, test := range []struct {
		name       string
		flags      uint32
		request    events.WalkRequest
		now, never string
	}{
		{"poll of a listener", 0, asks(opPollAdd, listenerFile()), "cancel sync-cancel shutdown connect exit", never},
		{"the same on a COOP_TASKRUN ring", 1 << 8, asks(opPollAdd, listenerFile()), "cancel sync-cancel shutdown connect exit", never},
		{"the same on an SQPOLL ring", setupSQPoll, asks(opPollAdd, listenerFile()), "cancel sync-cancel shutdown connect exit", never},
		{"the same on a SINGLE_ISSUER ring", single, asks(opPollAdd, listenerFile()), "cancel shutdown connect exit", never + " sync-cancel"},
		{"the same on a DEFER_TASKRUN ring", deferT, asks(opPollAdd, listenerFile()), "cancel shutdown connect exit", never + " sync-cancel"},
		{"multishot poll", 0, multishot(asks(opPollAdd, listenerFile())), "cancel sync-cancel exit", never + " connect"},
		{"accept", 0, asks(opAccept, listenerFile()), "cancel sync-cancel shutdown connect exit", never},
		{"multishot accept", 0, multishot(asks(opAccept, listenerFile())), "cancel sync-cancel shutdown exit", never + " connect"},
		{"receive", 0, asks(opRecv, connectionFile()), "cancel sync-cancel shutdown data exit", never},
		{"multishot receive", 0, multishot(asks(opRecv, connectionFile())), "cancel sync-cancel shutdown exit", never},
		{"read of a pipe, armed", 0, asks(opRead, pipeFile()), "cancel sync-cancel write exit", never},
		{"read of a pipe in io-wq", 0, found(events.FoundWorkerRunning, asks(opRead, pipeFile())), "write exit", never},
		{"the same into a fixed buffer", 0, onBuffer(3, found(events.FoundWorkerRunning, asks(opReadFixed, pipeFile()))), "write exit", never},
		{"what the device has", 0, found(events.FoundIOPoll, asks(opRead, regular(9, 1))), "exit", never},
	} {
		t.Run(test.name, func(t *testing.T) {
			rr := blockedBy(test.flags, test.request)
			qt.Check(t, qt.Equals(ids(&rr, Now), test.now))
			qt.Check(t, qt.Equals(ids(&rr, Never), test.never))
			qt.Check(t, qt.Equals(ids(&rr, WithKernel), "upgrade"))
		})
	}
}

func TestRemediesInCode(t *testing.T) {
	code := func(q events.WalkRequest) string {
		rr := blockedBy(0, q)
		return ids(&rr, InCode)
	}
	qt.Check(t, qt.Equals(code(asks(opPollAdd, listenerFile())), "regular-fd separate-rings multishot"))
	qt.Check(t, qt.Equals(code(asks(opRecv, connectionFile())), "regular-fd separate-rings"))
	qt.Check(t, qt.Equals(code(multishot(asks(opRecv, connectionFile()))), "regular-fd separate-rings multishot"))
	qt.Check(t, qt.Equals(code(onBuffer(0, asks(opReadFixed, pipeFile()))), "plain-buffer separate-rings"))
}

func TestRemediesWithoutAKnownRequest(t *testing.T) {
	s := pinnedHead(t)
	s.Holders(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20, 30}))
	rr := s.Explain(Input{Target: Target{PID: 4121}, Now: 1e12}).Rings[0]
	qt.Check(t, qt.Equals(ids(&rr, Now, InCode, WithKernel, Never), "exit separate-rings upgrade more-updates unregister"))
}

func TestNoRemediesWithoutABlockedRing(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20))
	s.Holders(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10}, polls(1, 10)))
	rr := s.Explain(Input{}).Rings[0]
	qt.Check(t, qt.Equals(rr.Queue, Counts{Nodes: 1, Pinned: 1, State: Releasing}))
	qt.Check(t, qt.HasLen(rr.Remedies, 0))
}

func TestRemediesSayWhatToDoHere(t *testing.T) {
	rr := blockedBy(0, asks(opPollAdd, listenerFile()))
	qt.Check(t, qt.Equals(text(&rr, "cancel", Now),
		"in the program: ASYNC_CANCEL of user_data 0xfeed on ring fd 5; POLL_ADD completes with -125 (ECANCELED)"))
	qt.Check(t, qt.Equals(text(&rr, "sync-cancel", Now),
		"from outside: pidfd_getfd(2) of fd 5 of pid 4121, REGISTER_SYNC_CANCEL of user_data 0xfeed on it; the program sees POLL_ADD complete with -125"))
	qt.Check(t, qt.Equals(text(&rr, "shutdown", Now),
		"from outside: shutdown(2) of socket:[81234] by pidfd_getfd(2), if pid 4121 still has it in /proc/4121/fd; ends listening on port 6379"))
	qt.Check(t, qt.Equals(text(&rr, "connect", Now), "one connection to port 6379 completes it; armed again on slot 0, it blocks again"))
	qt.Check(t, qt.Equals(text(&rr, "clear-slot", Never), "clearing slot 0"))

	rr = blockedBy(setupSingleIssuer|setupDeferTaskrun, asks(opPollAdd, listenerFile()))
	qt.Check(t, qt.StringContains(text(&rr, "cancel", Now), "in tid 4130, which alone may submit: "))
	qt.Check(t, qt.StringContains(text(&rr, "shutdown", Now), "; frees once tid 4130 enters the ring (DEFER_TASKRUN)"))
	qt.Check(t, qt.StringContains(text(&rr, "connect", Now), "completes it once tid 4130 enters the ring (DEFER_TASKRUN)"))

	unknown := asks(opPollAdd, listenerFile())
	unknown.Shots = events.UnknownShots
	rr = blockedBy(0, unknown)
	qt.Check(t, qt.StringContains(text(&rr, "connect", Now), "completes it unless it is multishot; armed again"))

	replaced := asks(opPollAdd, listenerFile())
	replaced.Replaced = true
	rr = blockedBy(0, replaced)
	qt.Check(t, qt.Equals(text(&rr, "clear-slot", Never), ""), qt.Commentf("that it did not help is plain to see"))
}

func TestRemedyOfManyRequests(t *testing.T) {
	var all []events.WalkRequest
	for i := range uint64(6) {
		q := asks(opPollAdd, listenerFile())
		q.UserData = 0x10 + i
		all = append(all, q)
	}
	rr := blockedBy(0, all...)
	qt.Check(t, qt.StringContains(text(&rr, "cancel", Now), "; likewise for 0x11, 0x12, 0x13 and 2 more"))

	rr = blockedBy(0, asks(opPollAdd, listenerFile()), asks(opRecv, connectionFile()))
	qt.Check(t, qt.StringContains(text(&rr, "cancel", Now), "user_data 0xfeed (2 requests have it)"))
}

func TestRingThatIsShared(t *testing.T) {
	s := pinnedHead(t)
	w := queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20, 30}, polls(1, 10))
	w.Rings[0].TGID = 4121
	w.Shares = []events.WalkShare{{Ring: ring1, FD: 7, TGID: 4121}}
	s.Holders(w)
	rr := s.Explain(Input{Target: Target{PID: 4121}, Now: 1e12}).Rings[0]
	qt.Check(t, qt.Equals(text(&rr, "exit", Now), "last resort: restart pid 4121; its end releases everything"))

	w.Shares = append(w.Shares, events.WalkShare{Ring: ring1, FD: 7, TGID: 99})
	s.Holders(w)
	rr = s.Explain(Input{Target: Target{PID: 4121}, Now: 1e12}).Rings[0]
	qt.Check(t, qt.StringContains(text(&rr, "exit", Now), "all processes that share the ring"))
}
