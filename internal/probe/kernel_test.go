//go:build kernel

package probe

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/go-quicktest/qt"
	"go.uber.org/goleak"

	"uringtrace/internal/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hookable reports whether this kernel can hook functions at all. Debian's
// kernels can; there, every hook has to work.
func hookable(t *testing.T) bool {
	t.Helper()
	types, err := loadTypes()
	qt.Assert(t, qt.IsNil(err))
	b, err := chooseBackend(Auto, types)
	qt.Assert(t, qt.IsNil(err))
	return b != None
}

// TestDebianKernelsHaveHooks: where hooks are missing, tests of what they hear of
// have nothing to test. That must not happen on a kernel that is known to have them,
// which the tests know by its name; "make test" says that it is one.
func TestDebianKernelsHaveHooks(t *testing.T) {
	if os.Getenv("URINGTRACE_DEBIAN_KERNEL") != "" {
		qt.Assert(t, qt.StringContains(Release(), "-cloud-"))
	}
	if strings.Contains(Release(), "-cloud-") {
		qt.Check(t, qt.IsTrue(hookable(t)))
	}
}

func TestEveryHookFires(t *testing.T) {
	if !hookable(t) {
		live, err := NewLive(t.Context(), LiveOptions{})
		qt.Assert(t, qt.IsNil(err))
		defer live.Close()
		qt.Check(t, qt.Equals(live.Backend(), None))
		for _, h := range live.Hooks() {
			want := HookOff
			if h.Kind == "tracepoint" {
				want = HookOK
			}
			qt.Check(t, qt.Equals(h.State, want), qt.Commentf("%s", h.Name))
		}
		return
	}
	for _, b := range []Backend{Fentry, Kprobe} {
		t.Run(string(b), func(t *testing.T) {
			live, err := NewLive(t.Context(), LiveOptions{Backend: b})
			qt.Assert(t, qt.IsNil(err))
			defer live.Close()
			for i, h := range live.Hooks() {
				want := HookOK
				if live.hooks[i].atLeast == 0 {
					want = HookAttached
				}
				qt.Check(t, qt.Equals(h.State, want), qt.Commentf("%s %s: %s", h.Name, h.Function, h.Err))
			}
			loss, err := live.Loss()
			qt.Assert(t, qt.IsNil(err))
			qt.Check(t, qt.Equals(loss.Events(), 0))
		})
	}
}

// TestSilentHookIsCaught gives the table a function that attaches and never
// fires on the path in question.
func TestSilentHookIsCaught(t *testing.T) {
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	before, err := live.sentByHook()
	qt.Assert(t, qt.IsNil(err))
	silent, err := live.judge(before) // nothing was played since
	qt.Assert(t, qt.IsNil(err))
	want := 0
	for i := range live.hooks {
		if live.hooks[i].atLeast > 0 && live.hooks[i].status.State != HookOff {
			want++
			qt.Check(t, qt.Equals(live.hooks[i].status.State, HookSilent))
		}
	}
	qt.Check(t, qt.Equals(silent, want))
	qt.Check(t, qt.Not(qt.Equals(want, 0)))
}

// TestEitherTellsTheEnd: of two programs at the end of a ring's work each is enough.
func TestEitherTellsTheEnd(t *testing.T) {
	for _, deaf := range []string{"ring_gone", "ring_gone_again"} {
		t.Run("without "+deaf, func(t *testing.T) {
			live, err := NewLive(t.Context(), LiveOptions{})
			qt.Assert(t, qt.IsNil(err))
			defer live.Close()
			detach(t, live, deaf)
			before, err := live.sent(events.RingGone)
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
			const rings = 3
			for range rings {
				qt.Assert(t, qt.IsNil(playNodeLife()))
			}
			var told uint64
			for deadline := time.Now().Add(10 * time.Second); told < rings && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				after, err := live.sent(events.RingGone)
				qt.Assert(t, qt.IsNil(err))
				lost, err := live.lostByKind()
				qt.Assert(t, qt.IsNil(err))
				qt.Assert(t, qt.HasLen(lost, 0))
				told = after - before
			}
			qt.Check(t, qt.Equals(told, rings))
		})
	}
}

// detach takes a program from its hook.
func detach(t *testing.T, live *Live, program string) {
	t.Helper()
	prog, err := live.coll.Programs[program].Info()
	qt.Assert(t, qt.IsNil(err))
	id, _ := prog.ID()
	for i, lnk := range live.links {
		info, err := lnk.Info()
		if err == nil && info.Program == id {
			qt.Assert(t, qt.IsNil(lnk.Close()))
			live.links = slices.Delete(live.links, i, i+1)
			return
		}
	}
	t.Fatalf("%s is not attached", program)
}

// TestLateEndIsCounted: the end of work where a ring is open may be that of the ring
// that was there before. It takes no ring away, and is counted as one's loss.
func TestLateEndIsCounted(t *testing.T) {
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	if !hookable(t) {
		t.Skip("no exit is told on this kernel")
	}
	exit := "f_ring_exit"
	if live.Backend() == Kprobe {
		exit = "k_ring_exit"
	}
	detach(t, live, exit)
	qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
	qt.Assert(t, qt.IsNil(playNodeLife()))
	var loss events.Loss
	for deadline := time.Now().Add(10 * time.Second); loss.ByKind[events.RingGone] == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		loss, err = live.Loss()
		qt.Assert(t, qt.IsNil(err))
	}
	qt.Check(t, qt.HasLen(loss.ByRing, 1))
	for _, lost := range loss.ByRing {
		qt.Check(t, qt.Equals(lost, loss.ByKind[events.RingGone]))
	}
}

func TestRefusedBackend(t *testing.T) {
	if hookable(t) {
		_, err := NewLive(t.Context(), LiveOptions{Backend: "perf"})
		qt.Check(t, qt.ErrorMatches(err, `unknown backend "perf"`))
		return
	}
	for _, b := range []Backend{Fentry, Kprobe} {
		_, err := NewLive(t.Context(), LiveOptions{Backend: b})
		qt.Check(t, qt.ErrorIs(err, ErrKernel))
	}
}

func TestDiagnose(t *testing.T) {
	d, err := Diagnose(t.Context(), Auto)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(d.Walk, ""))
	qt.Check(t, qt.Not(qt.Equals(d.Reclaim, events.UnknownReclaim)))
	if hookable(t) {
		qt.Check(t, qt.Equals(d.Backend, Fentry))
		qt.Check(t, qt.HasLen(d.Cannot, 0))
	} else {
		qt.Check(t, qt.Not(qt.HasLen(d.Cannot, 0)))
	}
}

// TestNothingStaysBehind counts programs, links and descriptors around
// attaching and closing.
func TestNothingStaysBehind(t *testing.T) {
	warm, err := NewLive(t.Context(), LiveOptions{}) // caches and epoll descriptors come with the first
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(warm.Close()))
	before := held(t)
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	walker, err := NewWalker(nil)
	qt.Assert(t, qt.IsNil(err))
	_, err = walker.Walk(0)
	qt.Assert(t, qt.IsNil(err))
	during := held(t)
	qt.Check(t, qt.IsTrue(during.programs > before.programs && during.fds > before.fds))
	qt.Assert(t, qt.IsNil(live.Close()))
	qt.Assert(t, qt.IsNil(walker.Close()))
	after := held(t)
	qt.Check(t, qt.Equals(after.fds, before.fds))
	// The kernel lets go of a link's program when no processor can be in it any more.
	for deadline := time.Now().Add(10 * time.Second); after.programs != before.programs && time.Now().Before(deadline); after = held(t) {
		time.Sleep(50 * time.Millisecond)
	}
	qt.Check(t, qt.Equals(after.programs, before.programs))
	qt.Check(t, qt.Equals(after.links, before.links))
}

type holdings struct{ programs, links, fds int }

func held(t *testing.T) holdings {
	t.Helper()
	var h holdings
	for id := ebpf.ProgramID(0); ; h.programs++ {
		next, err := ebpf.ProgramGetNextID(id)
		if err != nil {
			break
		}
		id = next
	}
	for it := new(link.Iterator); ; h.links++ {
		if !it.Next() {
			qt.Check(t, qt.IsNil(it.Err()))
			break
		}
	}
	entries, err := os.ReadDir("/proc/self/fd")
	qt.Assert(t, qt.IsNil(err))
	h.fds = len(entries)
	return h
}
