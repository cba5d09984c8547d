package symbol

import (
	"cmp"
	"debug/elf"
	"encoding/hex"
	"slices"

	"github.com/ianlancetaylor/demangle"

	"uringtrace/internal/events"
)

// mostBytes bounds a section that is read: files are as large as others make them.
const mostBytes = 512 << 20

// image is what is known of the code in a file.
type image struct {
	buildID string
	loads   []elf.ProgHeader
	golang  *goTable // nil: not a Go program
	funcs   []function
}

type function struct {
	start, end uint64 // addresses as in the file
	name       string
}

// readImage returns nil if there is no such file or if it makes no sense.
func readImage(path string) (img *image) {
	// The readers of the standard library say that they may panic on files that
	// are made to be wrong.
	defer func() {
		if recover() != nil {
			img = nil
		}
	}()
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	img = &image{buildID: buildID(f)}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			img.loads = append(img.loads, p.ProgHeader)
		}
	}
	symbols := symbolsOf(f)
	img.funcs = functions(symbols)
	img.golang = readGo(f, symbols)
	return img
}

// name names the code at an offset of the file.
func (img *image) name(offset uint64, f *events.Frame) {
	pc, ok := img.address(offset)
	if !ok {
		return
	}
	if img.golang != nil && img.golang.name(pc, f) {
		return
	}
	i, found := slices.BinarySearchFunc(img.funcs, pc, func(fn function, pc uint64) int {
		switch {
		case fn.end <= pc:
			return -1
		case fn.start > pc:
			return 1
		}
		return 0
	})
	if found {
		f.Function = demangle.Filter(img.funcs[i].name, demangle.NoParams)
	}
}

// address is where the file's own tables have what is at an offset.
func (img *image) address(offset uint64) (uint64, bool) {
	for _, p := range img.loads {
		if p.Flags&elf.PF_X != 0 && offset >= p.Off && offset-p.Off < p.Filesz {
			return offset - p.Off + p.Vaddr, true
		}
	}
	return 0, false
}

// symbolsOf has those of the file, or of what it offers to others if it was
// stripped of its own.
func symbolsOf(f *elf.File) []elf.Symbol {
	for _, of := range []struct {
		section elf.SectionType
		read    func() ([]elf.Symbol, error)
	}{{elf.SHT_SYMTAB, f.Symbols}, {elf.SHT_DYNSYM, f.DynamicSymbols}} {
		if s := f.SectionByType(of.section); s == nil || s.Size > mostBytes {
			continue
		}
		if symbols, err := of.read(); err == nil {
			return symbols
		}
	}
	return nil
}

// functions sorts them, none over another; of several at one place the first by
// name stands.
func functions(symbols []elf.Symbol) []function {
	var all []function
	for _, s := range symbols {
		if t := elf.ST_TYPE(s.Info); (t == elf.STT_FUNC || t == elf.STT_GNU_IFUNC) && s.Value != 0 && s.Section != elf.SHN_UNDEF {
			all = append(all, function{s.Value, s.Value + s.Size, s.Name})
		}
	}
	slices.SortFunc(all, func(a, b function) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(a.name, b.name))
	})
	all = slices.CompactFunc(all, func(a, b function) bool { return a.start == b.start })
	for i := range all {
		// Functions written in assembly may not say how long they are.
		if next := i + 1; next < len(all) && (all[i].end == all[i].start || all[i].end > all[next].start) {
			all[i].end = all[next].start
		}
	}
	return all
}

// buildID is the one that linkers write, in hex; empty if there is none.
func buildID(f *elf.File) string {
	s := f.Section(".note.gnu.build-id")
	const header = 16 // three words, and the name "GNU"
	if s == nil || s.Size <= header || s.Size > 256 {
		return ""
	}
	note, err := s.Data()
	if err != nil {
		return ""
	}
	return hex.EncodeToString(note[header:])
}
