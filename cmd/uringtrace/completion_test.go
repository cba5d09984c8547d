package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// installed finds a program of others. Without it a test is skipped, but not where
// "make test" has installed all of them.
func installed(t *testing.T, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil && os.Getenv("URINGTRACE_ALL_INSTALLED") == "" {
		t.Skipf("no %s here", name)
	}
	qt.Assert(t, qt.IsNil(err))
	return program
}

// shell runs a script with what completes our commands sourced from $1 and
// uringtrace in PATH, and returns what it printed.
func shell(t *testing.T, name string, args ...string) string {
	t.Helper()
	program := installed(t, name)
	self, err := os.Executable()
	qt.Assert(t, qt.IsNil(err))
	dir := t.TempDir()
	qt.Assert(t, qt.IsNil(os.Symlink(self, filepath.Join(dir, "uringtrace"))))
	s := newSession(t)
	qt.Assert(t, qt.Equals(run([]string{"completion", name}, s.tool), exitOK))
	script := filepath.Join(dir, "script")
	qt.Assert(t, qt.IsNil(os.WriteFile(script, s.out.Bytes(), 0o600)))

	c := exec.CommandContext(t.Context(), program, append(args, script)...)
	c.Env = append(os.Environ(), asProgram+"=1", "HOME="+dir, "PATH="+dir+":"+os.Getenv("PATH"))
	var talk strings.Builder
	c.Stderr = &talk
	out, err := c.Output()
	qt.Assert(t, qt.IsNil(err), qt.Commentf("%s", talk.String()))
	return string(out)
}

// words are the completions without their descriptions, and without what bash
// quotes in them.
func words(out string) []string {
	var all []string
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		word, _, _ = strings.Cut(word, " ")
		all = append(all, strings.ReplaceAll(word, `\`, ""))
	}
	return all
}

// completed are command lines, and words that their last one is completed with.
var completed = map[string][]string{
	"uringtrace attach -p ":                   {"4121", "7"},
	"uringtrace explain -o ":                  {"json", "text"},
	"uringtrace attach --backend f":           {"fentry"},
	"uringtrace workload close-":              {"close-only", "close-ring"},
	"uringtrace workload --flags sqpoll,coop": {"sqpoll,coop-taskrun"},
	"uringtrace completion z":                 {"zsh"},
	"uringtrace explain --out":                {"--output"},
	"uringtrace doctor ":                      nil,
	"uringtrace attach --for ":                nil,
}

func TestBashCompletes(t *testing.T) {
	// The package bash-completion has this one; it splits the line.
	const driver = `_init_completion() { words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}; }
		source "$1"
		COMP_LINE=%q COMP_WORDS=(%s) COMP_CWORD=%d COMP_TYPE=63
		__start_uringtrace 2>/dev/null
		(( ${#COMPREPLY[@]} == 0 )) || printf '%%s\n' "${COMPREPLY[@]}"`
	for line, want := range completed {
		typed := strings.Split(line, " ")
		quoted := "'" + strings.Join(typed, "' '") + "'"
		out := shell(t, "bash", "-c", fmt.Sprintf(driver, line, quoted, len(typed)-1), "bash")
		qt.Check(t, qt.ContentEquals(words(out), want), qt.Commentf("%s", line))
	}
}

func TestFishCompletes(t *testing.T) {
	for line, want := range completed {
		out := shell(t, "fish", "-c", fmt.Sprintf(`source $argv[1]; complete -C %q`, line))
		qt.Check(t, qt.ContentEquals(words(out), want), qt.Commentf("%s", line))
	}
}

func TestShellsAcceptTheScripts(t *testing.T) {
	for _, name := range []string{"bash", "zsh", "fish"} {
		t.Run(name, func(t *testing.T) { shell(t, name, "-n") })
	}
}

// TestOnlyPathsCompleteFiles: every flag with a value completes it, or is of a type
// that has no files to offer.
func TestOnlyPathsCompleteFiles(t *testing.T) {
	everyCommand(newRoot(newSession(t).tool), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			_, completes := c.GetFlagCompletionFunc(f.Name)
			qt.Check(t, qt.Equals(completes, f.Value.Type() != "string" && f.NoOptDefVal == ""), qt.Commentf("%s --%s", c.CommandPath(), f.Name))
		})
	})
}
