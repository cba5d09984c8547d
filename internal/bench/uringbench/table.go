//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"uringtrace/internal/bench"
)

// Marks in the document between which the tables are.
const (
	tablesBegin = "<!-- tables: written by make bench -->\n"
	tablesEnd   = "<!-- end of tables -->\n"
)

// tableCommand shows results, or puts them into a document.
func tableCommand(args []string) error {
	f := flag.NewFlagSet("table", flag.ContinueOnError)
	into := f.String("into", "", "`document` to put the tables into")
	goBench := f.String("go", "", "`file` with the output of go test -bench")
	if err := f.Parse(args); err != nil {
		return err
	}
	results, err := read(f.Args())
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range results {
		b.WriteString(r.Markdown())
	}
	if *goBench != "" {
		file, err := os.Open(*goBench)
		if err != nil {
			return err
		}
		defer file.Close()
		list, err := bench.ReadGoBench(file)
		if err != nil {
			return err
		}
		b.WriteString("### Go alone\n\n" + bench.GoTable(list) + "\n")
	}
	if *into == "" {
		fmt.Print(b.String())
		return nil
	}
	return replace(*into, b.String())
}

// replace puts text between the marks of a document.
func replace(name, text string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), tablesBegin)
	_, after, closed := strings.Cut(rest, tablesEnd)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the tables", name)
	}
	return os.WriteFile(name, []byte(before+tablesBegin+"\n"+text+tablesEnd+after), 0o644)
}
