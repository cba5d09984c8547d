package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
	"github.com/spf13/cobra"
)

func everyCommand(c *cobra.Command, fn func(*cobra.Command)) {
	fn(c)
	for _, sub := range c.Commands() {
		everyCommand(sub, fn)
	}
}

var (
	substitution = regexp.MustCompile(`"\$\([^)]*\)"`)
	called       = regexp.MustCompile(`\buringtrace\b[^|&;<>()\n]*`)
	explained    = regexp.MustCompile(` {2,}\S.*$`) // what an example is for, behind it
)

// calls are the calls of uringtrace in examples, word by word.
func calls(examples string) [][]string {
	var all [][]string
	for line := range strings.Lines(examples) {
		line = explained.ReplaceAllString(strings.TrimSpace(line), "")
		line = substitution.ReplaceAllString(line, "4121")
		for _, call := range called.FindAllString(line, -1) {
			all = append(all, strings.Fields(call))
		}
	}
	return all
}

func TestCalls(t *testing.T) {
	got := calls("  sudo uringtrace explain -p \"$(pidof redis)\" -o json | jq '.rings[]'\n" +
		"  source <(uringtrace completion bash)\n  uringtrace doctor   what works\n  uringtrace schema >x || echo no\n")
	qt.Check(t, qt.DeepEquals(got, [][]string{
		{"uringtrace", "explain", "-p", "4121", "-o", "json"},
		{"uringtrace", "completion", "bash"},
		{"uringtrace", "doctor"},
		{"uringtrace", "schema"},
	}))
}

// TestExamplesAreRight: every command says in some lines what it does and shows at
// least two calls of itself, and all calls are ones that it accepts.
func TestExamplesAreRight(t *testing.T) {
	everyCommand(newRoot(newSession(t).tool), func(c *cobra.Command) {
		qt.Check(t, qt.IsTrue(strings.HasPrefix(c.Long, c.Short)), qt.Commentf("%s", c.CommandPath()))
		qt.Check(t, qt.IsTrue(strings.Count(c.Long, "\n") >= 3), qt.Commentf("%s", c.CommandPath()))
		own := 0
		for _, call := range calls(c.Example) {
			// Flags keep what was set, so each call gets a tree of its own.
			found, rest, err := newRoot(newSession(t).tool).Find(call[1:])
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err == nil {
				err = found.ValidateArgs(found.Flags().Args())
			}
			qt.Check(t, qt.IsNil(err), qt.Commentf("%s", strings.Join(call, " ")))
			if strings.HasPrefix(found.CommandPath(), c.CommandPath()) {
				own++
			}
		}
		qt.Check(t, qt.IsTrue(own >= 2), qt.Commentf("%s has %d examples", c.CommandPath(), own))
	})
}
