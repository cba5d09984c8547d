package symbol

import (
	"debug/elf"
	"debug/gosym"
	"slices"

	"uringtrace/internal/events"
)

// goTable is the one that the Go runtime makes its own traces from; a stripped
// program has it, too.
type goTable struct{ table *gosym.Table }

// slack is what a linker may leave between the last function and the end of the
// text.
const slack = 64

// readGo returns nil if the file is not Go's, or if it can't be told where its Go
// functions begin.
func readGo(f *elf.File, symbols []elf.Symbol) *goTable {
	lines, text := f.Section(".gopclntab"), f.Section(".text")
	if lines == nil {
		lines = f.Section(".data.rel.ro.gopclntab")
	}
	if lines == nil || text == nil || lines.Size > mostBytes {
		return nil
	}
	data, err := lines.Data()
	if err != nil {
		return nil
	}
	begin, known := text.Addr, false
	if i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "runtime.text" }); i >= 0 {
		begin, known = symbols[i].Value, true
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, begin))
	if err != nil || len(table.Funcs) == 0 {
		return nil
	}
	// C that was linked in stands before the Go functions. Where nothing says where
	// these begin, they must be all that there is.
	end := table.Funcs[len(table.Funcs)-1].End
	if !known && (end > text.Addr+text.Size || end+slack < text.Addr+text.Size) {
		return nil
	}
	return &goTable{table}
}

// name reports whether the address is in a Go function. A line of another file is one
// of a function that was inlined, and not of this one.
func (t *goTable) name(pc uint64, f *events.Frame) (ok bool) {
	defer func() { // see readImage
		if recover() != nil {
			ok = false
		}
	}()
	file, line, fn := t.table.PCToLine(pc)
	if fn == nil {
		return false
	}
	f.Function = fn.Name
	if f.File, _, _ = t.table.PCToLine(fn.Entry); f.File == file {
		f.Line = line
	}
	return true
}
