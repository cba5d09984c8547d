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

// TestEitherTellsTheEnd: of two programs at the end of a ring's work each is enough,
// unless the kernel skips it, as it may. It counts that, and another try is made.
func TestEitherTellsTheEnd(t *testing.T) {
	const tries = 10
	programs := []string{"ring_gone", "ring_gone_again"}
	for i, deaf := range programs {
		t.Run("without "+deaf, func(t *testing.T) {
			for range tries {
				told, skipped := endWithout(t, deaf, programs[1-i])
				if told {
					return
				}
				t.Logf("%s was skipped %d times", programs[1-i], skipped)
				qt.Assert(t, qt.Not(qt.Equals(skipped, 0)))
			}
			t.Errorf("skipped in each of %d tries", tries)
		})
	}
}

// endWithout makes a ring and closes it. It reports whether its end is told though one
// program does not listen, and how often the kernel has skipped the other meanwhile.
func endWithout(t *testing.T, deaf, other string) (told bool, skipped uint64) {
	t.Helper()
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	detach(t, live, deaf)
	base := misses(t, live, other)
	before, err := live.sent(events.RingGone)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
	qt.Assert(t, qt.IsNil(playNodeLife()))
	for deadline := time.Now().Add(10 * time.Second); !told && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		after, err := live.sent(events.RingGone)
		qt.Assert(t, qt.IsNil(err))
		told = after > before
	}
	lost, err := live.lostByKind()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(lost, 0))
	return told, misses(t, live, other) - base
}

// misses is how often the kernel has skipped a program that was under way.
func misses(t *testing.T, live *Live, program string) uint64 {
	t.Helper()
	stats, err := live.coll.Programs[program].Stats()
	qt.Assert(t, qt.IsNil(err))
	return stats.RecursionMisses
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

// TestEndNeedsNoExit: the end of a ring is told even if its exit was missed.
func TestEndNeedsNoExit(t *testing.T) {
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	switch live.Backend() {
	case Fentry:
		detach(t, live, "f_ring_exit")
	case Kprobe:
		detach(t, live, "k_ring_exit")
	}
	before, err := live.sent(events.RingGone)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
	qt.Assert(t, qt.IsNil(playNodeLife()))
	told := func() bool {
		after, err := live.sent(events.RingGone)
		qt.Assert(t, qt.IsNil(err))
		return after > before
	}
	until(t, "its end is told", told)
	lost, err := live.lostByKind()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.HasLen(lost, 0))
}

// until waits for something that happens in a moment.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
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

// TestNothingStaysBehind looks at programs, links and descriptors around attaching
// and closing.
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
	during := held(t).since(before)
	qt.Check(t, qt.IsTrue(len(during.programs) > 0 && during.fds > 0))
	qt.Assert(t, qt.IsNil(live.Close()))
	qt.Assert(t, qt.IsNil(walker.Close()))
	var left holdings
	// The kernel lets go of a link's program when no processor can be in it any more.
	until(t, "no program is left", func() bool {
		left = held(t).since(before)
		return len(left.programs) == 0
	})
	qt.Check(t, qt.HasLen(left.links, 0))
	qt.Check(t, qt.Equals(left.fds, 0))
}

type holdings struct {
	programs, links []uint32 // IDs, of everybody's
	fds             int      // ours
}

// since is what has come. What a test before has let go of may still be going.
func (h holdings) since(before holdings) holdings {
	old := func(ids []uint32) func(uint32) bool {
		return func(id uint32) bool { return slices.Contains(ids, id) }
	}
	return holdings{
		programs: slices.DeleteFunc(h.programs, old(before.programs)),
		links:    slices.DeleteFunc(h.links, old(before.links)),
		fds:      h.fds - before.fds,
	}
}

func held(t *testing.T) holdings {
	t.Helper()
	var h holdings
	for id := ebpf.ProgramID(0); ; h.programs = append(h.programs, uint32(id)) {
		next, err := ebpf.ProgramGetNextID(id)
		if err != nil {
			break
		}
		id = next
	}
	for it := new(link.Iterator); ; h.links = append(h.links, uint32(it.ID)) {
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
