package symbol

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
)

// The Go test names its own calls as the runtime does.
func TestFramesOfGo(t *testing.T) {
	var pcs [16]uintptr
	n := outer(pcs[:])
	addresses := make([]uint64, n)
	for i := range addresses {
		addresses[i] = uint64(pcs[i])
	}
	p := Of(os.Getpid())
	frames := p.Frames(append([]uint64{uint64(pcs[0])}, addresses...))[1:] // as if called from a leaf
	want := runtime.CallersFrames(pcs[:n])
	for i := range frames {
		w, _ := want.Next()
		qt.Check(t, qt.Equals(frames[i].Function, w.Function))
		qt.Check(t, qt.Equals(frames[i].Line, w.Line))
		qt.Check(t, qt.Equals(frames[i].File, w.File))
		qt.Check(t, qt.Equals(frames[i].Address, addresses[i]))
	}
	exe, err := os.Executable()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(frames[0].Module.Path, exe))
	qt.Check(t, qt.IsTrue(strings.HasSuffix(frames[0].Function, "symbol.inner")))
}

//go:noinline
func outer(pcs []uintptr) int { return inner(pcs) + 0*len(pcs) }

//go:noinline
func inner(pcs []uintptr) int { return runtime.Callers(1, pcs) }

// A library of C names what it offers to others.
func TestFramesOfC(t *testing.T) {
	sleep := exec.Command("sleep", "60")
	qt.Assert(t, qt.IsNil(sleep.Start()))
	defer func() {
		_ = sleep.Process.Kill()
		_ = sleep.Wait()
	}()
	p := Of(sleep.Process.Pid)
	var libc *mapping
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) { // until it has linked itself
		p.maps = readMaps(filepath.Join(p.dir, "maps"))
		if libc = mapped(p, "libc.so"); libc != nil {
			break
		}
	}
	qt.Assert(t, qt.IsNotNil(libc), qt.Commentf("sleep has no libc.so"))
	const name = "getpriority"
	offset := offsetOf(t, libc.Path, name)
	frames := p.Frames([]uint64{libc.Start + offset - libc.Offset, libc.Start + offset - libc.Offset + 1, 4096})
	qt.Check(t, qt.Equals(frames[0].Function, name))
	qt.Check(t, qt.Equals(frames[1].Function, name)) // a return address right behind the first byte
	qt.Check(t, qt.Equals(frames[2].Function, ""))
	qt.Check(t, qt.Equals(frames[0].Module.Path, libc.Path))
	qt.Check(t, qt.Not(qt.Equals(frames[0].Module.BuildID, "")))
}

func mapped(p *Process, name string) *mapping {
	for i := range p.maps {
		if strings.Contains(p.maps[i].Path, name) {
			return &p.maps[i]
		}
	}
	return nil
}

// offsetOf is where a function of a file begins in it.
func offsetOf(t *testing.T, path, name string) uint64 {
	t.Helper()
	f, err := elf.Open(path)
	qt.Assert(t, qt.IsNil(err))
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	qt.Assert(t, qt.IsNil(err))
	for _, s := range symbols {
		if s.Name != name {
			continue
		}
		for _, load := range f.Progs {
			if load.Type == elf.PT_LOAD && s.Value >= load.Vaddr && s.Value < load.Vaddr+load.Filesz {
				return s.Value - load.Vaddr + load.Off
			}
		}
	}
	t.Fatalf("%s has no %s", path, name)
	return 0
}

// A process that is gone has addresses and no names.
func TestFramesOfNobody(t *testing.T) {
	frames := (&Process{dir: t.TempDir(), images: make(map[string]*image)}).Frames([]uint64{1 << 40})
	qt.Assert(t, qt.HasLen(frames, 1))
	qt.Check(t, qt.Equals(frames[0].Address, 1<<40))
	qt.Check(t, qt.Equals(frames[0].Function, ""))
}
