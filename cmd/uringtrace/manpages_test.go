package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"uringtrace/internal/man"
)

func pages(t *testing.T) map[string][]byte {
	return man.Pages(newRoot(newSession(t).tool), man.Edition{Version: "1.0", Date: time.Unix(1e9, 0)})
}

// TestPagesTellAll: every command has a page, which has each of its flags, and the
// main one has what --help says at its end.
func TestPagesTellAll(t *testing.T) {
	all := pages(t)
	commands := 0
	everyCommand(newRoot(newSession(t).tool), func(c *cobra.Command) {
		commands++
		page := unescaped(all[strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"])
		qt.Check(t, qt.StringContains(page, c.CommandPath()))
		qt.Check(t, qt.StringContains(page, c.Short))
		c.Flags().VisitAll(func(f *pflag.Flag) {
			qt.Check(t, qt.StringContains(page, `\fB--`+f.Name+`\fP`), qt.Commentf("%s", c.CommandPath()))
		})
		for line := range strings.Lines(c.Example) {
			qt.Check(t, qt.StringContains(page, strings.TrimSpace(line)))
		}
	})
	qt.Check(t, qt.HasLen(all, commands))
	main := unescaped(all["uringtrace.1"])
	for _, row := range exitCodes() {
		qt.Check(t, qt.StringContains(main, row.text))
	}
	for _, want := range []string{"NO_COLOR", "URINGTRACE_PAGER", "ENVIRONMENT", "FILES", "uringtrace-explain\\fP(1)"} {
		qt.Check(t, qt.StringContains(main, want))
	}
}

func unescaped(page []byte) string {
	return strings.NewReplacer(`\-`, "-", `\&`, "", `\\`, `\`).Replace(string(page))
}

// struck is what makes the next character bold.
var struck = regexp.MustCompile(".\x08")

// TestPagesAreClean: the programs that show pages have nothing to say against them.
func TestPagesAreClean(t *testing.T) {
	for _, checker := range [][]string{
		{"man", "--warnings", "-l", "-Tutf8", "-P", "cat"}, {"mandoc", "-Tlint", "-Wwarning"},
	} {
		t.Run(checker[0], func(t *testing.T) {
			installed(t, checker[0])
			dir := t.TempDir()
			for name, page := range pages(t) {
				file := filepath.Join(dir, name)
				qt.Assert(t, qt.IsNil(os.WriteFile(file, page, 0o600)))
				c := exec.CommandContext(t.Context(), checker[0], append(checker[1:], file)...)
				var talk strings.Builder
				c.Stderr = &talk
				out, err := c.Output()
				qt.Check(t, qt.IsNil(err), qt.Commentf("%s: %s", name, out))
				qt.Check(t, qt.Equals(talk.String(), ""), qt.Commentf("%s", name))
				if checker[0] == "man" {
					qt.Check(t, qt.StringContains(struck.ReplaceAllString(string(out), ""), "--help"), qt.Commentf("%s", name))
				}
			}
		})
	}
}
