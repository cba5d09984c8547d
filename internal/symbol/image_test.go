package symbol

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
	"github.com/google/go-cmp/cmp"

	"uringtrace/internal/events"
)

func TestParseMaps(t *testing.T) {
	got := parseMaps(strings.NewReader(`00400000-00401000 r--p 00000000 fd:01 42                         /opt/a b (deleted)
00401000-00403000 r-xp 00001000 fd:01 42                         /opt/a b (deleted)
7f0000000000-7f0000001000 r-xp 00000000 00:00 0 
7ffd0000-7ffd2000 r-xp 00000000 00:00 0                          [vdso]
broken r-xp line
`))
	want := []mapping{
		{events.Module{Path: "/opt/a b (deleted)", Start: 0x401000, End: 0x403000, Offset: 0x1000}, "00401000-00403000", "fd:01 42", 42},
		{events.Module{Start: 0x7f0000000000, End: 0x7f0000001000}, "7f0000000000-7f0000001000", "00:00 0", 0},
		{events.Module{Path: "[vdso]", Start: 0x7ffd0000, End: 0x7ffd2000}, "7ffd0000-7ffd2000", "00:00 0", 0},
	}
	qt.Check(t, qt.CmpEquals(got, want, cmp.AllowUnexported(mapping{})))
}

func TestFunctions(t *testing.T) {
	fn := func(name string, value, size uint64) elf.Symbol {
		return elf.Symbol{Name: name, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Section: 1, Value: value, Size: size}
	}
	object := fn("object", 0x150, 8)
	object.Info = elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT)
	elsewhere := fn("elsewhere", 0, 8)
	got := functions([]elf.Symbol{
		fn("over", 0x200, 0x200), fn("next", 0x300, 0x10), fn("assembly", 0x100, 0), fn("b", 0x400, 4), fn("a", 0x400, 4), object, elsewhere,
	})
	qt.Check(t, qt.CmpEquals(got, []function{
		{0x100, 0x200, "assembly"}, {0x200, 0x300, "over"}, {0x300, 0x310, "next"}, {0x400, 0x404, "a"},
	}, cmp.AllowUnexported(function{})))
}

// Names of C++ are shown as they were written; what is between functions has none.
func TestImageName(t *testing.T) {
	img := &image{
		loads: []elf.ProgHeader{
			{Type: elf.PT_LOAD, Flags: elf.PF_R, Off: 0, Vaddr: 0x400000, Filesz: 0x1000},
			{Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_X, Off: 0x1000, Vaddr: 0x402000, Filesz: 0x1000},
		},
		funcs: []function{{0x402000, 0x402010, "_ZN4util3fb28Proactor4PollEi"}, {0x402020, 0x402030, "main"}},
	}
	for offset, want := range map[uint64]string{
		0x1000: "util::fb2::Proactor::Poll", 0x100f: "util::fb2::Proactor::Poll", 0x1010: "", 0x1020: "main", 0x30: "", 0x2000: "",
	} {
		var f events.Frame
		img.name(offset, &f)
		qt.Check(t, qt.Equals(f.Function, want), qt.Commentf("%#x", offset))
	}
}

// A file that is none, or that says what can't be, has no names.
func TestReadImageBroken(t *testing.T) {
	exe, err := os.Executable()
	qt.Assert(t, qt.IsNil(err))
	whole, err := os.ReadFile(exe)
	qt.Assert(t, qt.IsNil(err))
	path := filepath.Join(t.TempDir(), "broken")
	for cut := 16; cut < len(whole); cut *= 4 {
		qt.Assert(t, qt.IsNil(os.WriteFile(path, whole[:cut], 0o600)))
		if img := readImage(path); img != nil {
			var f events.Frame
			img.name(0x1000, &f)
			qt.Check(t, qt.Equals(f.Function, ""))
		}
	}
	qt.Check(t, qt.IsNil(readImage(filepath.Join(t.TempDir(), "none"))))
}
