package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/proc"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/rendertest"
	"uringtrace/internal/workload"
)

// fakeKernel answers from a report. Its processes have one ring and end when told.
type fakeKernel struct {
	report    *queue.Report
	reports   []queue.Report // of the whole host
	all       observe.AllOptions
	err       error // of every call
	diagnosis probe.Diagnosis
	observer  *fakeObserver // the last one attached
	exits     bool          // the process ends by itself
	degraded  []string
	events    int // that happen
	late      int // more of them, when it is asked for the report
	sockets   int
	walks     time.Duration // for so long
	host      *fakeHost     // the last one opened
	undecided time.Duration // of it
}

// walk tells of a window full of nodes when it is over.
func (k *fakeKernel) walk(progress func(int)) {
	time.Sleep(k.walks)
	progress(1 << 14)
}

func (k *fakeKernel) Attach(_ context.Context, o observe.Options) (observer, error) {
	if k.err != nil {
		return nil, k.err
	}
	k.walk(o.Progress)
	k.observer = &fakeObserver{kernel: k, options: o, incident: incident.New(&incident.Subject{
		Target: queue.Target{PID: o.PID, Comm: "dragonfly"}, Release: "6.12.0", Reclaim: events.Ordered, Backend: "fentry",
	})}
	if o.Recorder == nil {
		return k.observer, nil
	}
	i := k.observer.incident
	i.Log = o.Recorder.Log
	if err := o.Recorder.Begin(i.Subject(), []probe.HookStatus{{Name: "node queued", State: probe.HookOK}}); err != nil {
		return nil, err
	}
	i.Join(10e9, pinnedWalk(), nil)
	return k.observer, nil
}

func (k *fakeKernel) Explain(_ context.Context, o observe.ExplainOptions) (queue.Report, error) {
	k.walk(o.Progress)
	if k.err != nil {
		return queue.Report{}, k.err
	}
	return *k.report, nil
}

func (k *fakeKernel) ExplainAll(_ context.Context, o observe.AllOptions) ([]queue.Report, error) {
	k.all = o
	k.walk(o.Progress)
	return k.reports, k.err
}

func (k *fakeKernel) Host() (host, error) {
	if k.err != nil {
		return nil, k.err
	}
	k.host = &fakeHost{kernel: k}
	return k.host, nil
}

func (k *fakeKernel) Diagnose(context.Context, probe.Backend) (probe.Diagnosis, error) {
	return k.diagnosis, k.err
}

func (k *fakeKernel) SocketsUsed() (int, error) { return k.sockets, nil }
func (k *fakeKernel) Now() uint64               { return 10e9 }

// fakeHost has the processes of rendertest.All, looked at every second.
type fakeHost struct {
	kernel *fakeKernel
	looks  int
	closed bool
}

func (h *fakeHost) Look(ctx context.Context) error {
	h.looks++
	return ctx.Err()
}

func (h *fakeHost) Reports() []queue.Report  { return h.kernel.reports }
func (h *fakeHost) Undecided() time.Duration { return h.kernel.undecided }
func (h *fakeHost) Kernel() queue.Kernel     { return h.kernel.report.Kernel }

func (h *fakeHost) Looked() (uint64, time.Duration) {
	return uint64(h.looks) * 1e9, 12 * time.Millisecond
}

func (h *fakeHost) Pause(interval time.Duration) time.Duration { return interval - 12*time.Millisecond }
func (h *fakeHost) Close() error                               { h.closed = true; return nil }

type fakeObserver struct {
	kernel   *fakeKernel
	options  observe.Options
	incident *incident.Incident // what is written down, if it is
	closed   bool
}

func (o *fakeObserver) Run(ctx context.Context) error {
	o.happen(o.kernel.events)
	if o.kernel.exits {
		return observe.ErrTargetExited
	}
	<-ctx.Done()
	return nil
}

func (o *fakeObserver) happen(n int) {
	all := rendertest.Events()
	for i := range n {
		e := all[i%len(all)]
		if o.options.Recorder != nil {
			o.incident.Hear(&events.Event{Kind: events.Register, Time: 10e9 + uint64(i)*1e6, Ring: 0xffff888100000000})
		}
		if o.options.OnEvent != nil {
			o.options.OnEvent(&e.Event, e.RingNo, e.NodeNo)
		}
	}
}

// pinnedWalk finds a ring whose first node is held, with one behind it.
func pinnedWalk() *events.Walk {
	const ring = 0xffff888100000000
	socket := events.Resource{
		ID: ring + 0x400, Type: events.File, Kind: events.Socket, Family: 2, Proto: 6, State: 10,
		Local: events.Endpoint{Addr: [16]byte{192, 168, 7, 1}, Port: 6379},
	}
	return &events.Walk{
		Begin: 9e9, End: 9e9 + 1,
		Rings: []events.WalkRing{{Ring: ring, TGID: 4121, FD: 5, Registered: -1, Slots: 8, Reclaim: events.Ordered, Active: ring + 0x300}},
		Nodes: []events.WalkNode{
			{Ring: ring, Node: ring + 0x100, Refs: 1, First: true, Place: events.AtQueue, Resource: socket},
			{Ring: ring, Node: ring + 0x200, First: true, Place: events.AtQueue, Resource: socket},
		},
		Requests: []events.WalkRequest{{Ring: ring, Request: ring + 0x800, FileNode: ring + 0x100, Opcode: 6, UserData: 0xfeed, Buffer: -1, File: socket}},
	}
}

func (o *fakeObserver) Status() []queue.Status {
	return []queue.Status{{Ring: 1, FD: 5, Nodes: 184332, Head: 1, Since: 3e9, Exact: true}}
}

func (o *fakeObserver) Report() (queue.Report, error) {
	o.happen(o.kernel.late)
	if o.options.Recorder != nil {
		return o.incident.Report(12e9), nil
	}
	return *o.kernel.report, nil
}

func (o *fakeObserver) Snapshot() queue.Report { return *o.kernel.report }
func (o *fakeObserver) Lost() queue.Lost       { return o.kernel.report.Lost }
func (o *fakeObserver) UntakenStacks() (uint64, error) {
	if o.options.Stacks {
		return 3, nil
	}
	return 0, nil
}

func (o *fakeObserver) Degraded() []string      { return o.kernel.degraded }
func (o *fakeObserver) Comm() string            { return "dragonfly" }
func (o *fakeObserver) Backend() probe.Backend  { return probe.Fentry }
func (o *fakeObserver) Reclaim() events.Reclaim { return events.Ordered }
func (o *fakeObserver) Close() error            { o.closed = true; return nil }

// fakeLoad is a workload that passes its stages at once.
type fakeLoad struct {
	fails   error  // of stage ready
	ends    error  // of its end
	hangs   func() // called instead of getting to stage ready; nil: gets there
	mu      sync.Mutex
	calls   []string
	stopped chan struct{}
}

func newFakeLoad() *fakeLoad { return &fakeLoad{stopped: make(chan struct{})} }

func (l *fakeLoad) call(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, name)
}

func (l *fakeLoad) PID() int { return 4121 }

func (l *fakeLoad) Until(name workload.StageName) (workload.Stage, error) {
	l.call(string(name))
	if name == workload.StageStart {
		return workload.Stage{Name: name}, nil
	}
	if l.hangs != nil {
		l.hangs()
		<-l.stopped
		return workload.Stage{}, io.ErrUnexpectedEOF
	}
	return workload.Stage{
		Name: name, SocketsUsed: 1009,
		Ready: &workload.Ready{
			Listener: &workload.Listener{Addr: "127.0.0.1:6666"},
		},
		Pins: []workload.Pin{{Op: "POLL_ADD", UserData: 0xfeed}},
		Done: &workload.Done{Sockets: 1000, SocketsUsedBefore: 9},
	}, l.fails
}

func (l *fakeLoad) Go() error   { l.call("go"); return nil }
func (l *fakeLoad) Stop() error { l.call("stop"); close(l.stopped); return nil }
func (l *fakeLoad) End() error  { l.call("end"); return l.ends }

func fakeUsers() []proc.User {
	return []proc.User{{PID: 4121, Comm: "dragon\tfly", Rings: 2}, {PID: 7, Comm: "nginx", Rings: 1}}
}

// asProgram makes the test binary the program itself, on fakes, for scripts and
// terminals.
const asProgram = "URINGTRACE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	t := newTool()
	t.kernel = &fakeKernel{report: rendertest.Reports()["blocked"], reports: rendertest.All()}
	t.users = fakeUsers
	os.Exit(run(os.Args[1:], t))
}

// session is a tool on fakes and what it wrote.
type session struct {
	*tool
	kernel      *fakeKernel
	load        *fakeLoad
	out, talk   bytes.Buffer
	startedWith workload.Options
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{
		kernel: &fakeKernel{report: rendertest.Reports()["blocked"], sockets: 1009}, load: newFakeLoad(),
	}
	s.tool = &tool{
		stdout: &s.out, stderr: &s.talk, width: func() int { return 0 }, kernel: s.kernel,
		size:  func() (int, int) { return 0, 0 },
		users: fakeUsers,
		find:  func() (string, error) { return "/bin/uringload", nil },
		start: func(_ context.Context, path, _ string, o workload.Options) (load, error) {
			if path != "/bin/uringload" {
				return nil, errors.New("start workload: no such file")
			}
			s.startedWith = o
			return s.load, nil
		},
	}
	return s
}
