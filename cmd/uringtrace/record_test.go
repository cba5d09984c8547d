package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

// recorded makes a recording by a command and returns its name and what it said.
func recorded(t *testing.T, args string) (string, *session) {
	t.Helper()
	s := newSession(t)
	s.kernel.exits, s.kernel.events = true, 100
	file := filepath.Join(t.TempDir(), "leak.urec")
	code := run(strings.Fields(strings.ReplaceAll(args, "FILE", file)), s.tool)
	qt.Assert(t, qt.Equals(code, exitOK), qt.Commentf("%s", s.talk.String()))
	return file, s
}

func TestWhatIsRecordedIsExplainedAlike(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		file, live := recorded(t, "attach -p 4121 --record FILE -o "+form)
		qt.Check(t, qt.StringContains(live.talk.String(), "recorded 100 events and 1 walk in "))
		s := newSession(t)
		qt.Check(t, qt.Equals(run([]string{"explain", file, "-o", form}, s.tool), exitBlocked))
		qt.Check(t, qt.Equals(s.out.String(), live.out.String()))
		qt.Check(t, qt.StringContains(s.out.String(), "0xfeed"))
		qt.Check(t, qt.Equals(s.talk.String(), ""))
	}
}

func TestRecord(t *testing.T) {
	file, s := recorded(t, "record -p 4121 -o FILE")
	qt.Check(t, qt.Equals(s.out.String(), ""))
	qt.Check(t, qt.IsFalse(s.kernel.observer.options.Watch))
	info, err := os.Stat(file)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(info.Mode().Perm(), 0o600))
	data, err := os.ReadFile(file)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.StringContains(string(data), `"state":"ok"`))

	_, s = recorded(t, "record -p 4121 -o FILE --watch --max-size 32M")
	qt.Check(t, qt.IsTrue(s.kernel.observer.options.Watch))
}

func TestStacksGoWithEvents(t *testing.T) {
	for args, takes := range map[string]bool{
		"record -p 4121 -o FILE --stacks": true, "record -p 4121 -o FILE": false,
		"attach -p 4121 --events --record FILE --stacks": true,
	} {
		_, s := recorded(t, args)
		qt.Check(t, qt.Equals(s.kernel.observer.options.Stacks, takes), qt.Commentf("%s", args))
		qt.Check(t, qt.Equals(strings.Contains(s.talk.String(), "3 stacks could not be taken"), takes))
	}
	for _, args := range []string{
		"record -p 4121 -o FILE --stacks --watch", "attach -p 4121 --record FILE --stacks", "attach -p 4121 --events --stacks",
	} {
		file := filepath.Join(t.TempDir(), "leak.urec")
		s := newSession(t)
		qt.Check(t, qt.Equals(run(strings.Fields(strings.ReplaceAll(args, "FILE", file)), s.tool), exitUsage))
		oneSentence(t, s.talk.String())
		_, err := os.Stat(file)
		qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
	}
}

func TestRecordToStdout(t *testing.T) {
	_, s := recorded(t, "record -p 4121 -o -")
	qt.Check(t, qt.IsTrue(strings.HasPrefix(s.out.String(), "uringtrace recording 1\n")))
}

func TestARecordingIsNotReplaced(t *testing.T) {
	file, _ := recorded(t, "record -p 4121 -o FILE")
	again := []string{"record", "-p", "4121", "-o", file}
	s := newSession(t)
	s.kernel.exits = true
	qt.Check(t, qt.Equals(run(again, s.tool), exitUsage))
	oneSentence(t, s.talk.String())
	qt.Check(t, qt.StringContains(s.talk.String(), "it exists already: give another name, or --force to replace it"))
	qt.Check(t, qt.Equals(run(append(again, "--force"), s.tool), exitOK))
}

// TestNothingIsLeftOfNoRecording: what was not attached to leaves no file.
func TestNothingIsLeftOfNoRecording(t *testing.T) {
	for _, more := range []string{"", " --max-size 16M"} {
		s := newSession(t)
		s.kernel.err = errors.New("no")
		file := filepath.Join(t.TempDir(), "leak.urec")
		qt.Check(t, qt.Equals(run(strings.Fields("record -p 4121 -o "+file+more), s.tool), exitInternal))
		oneSentence(t, s.talk.String())
		_, err := os.Stat(file)
		qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
	}
}

func TestRedacted(t *testing.T) {
	for flags, shows := range map[string]bool{"": true, " --redact": false} {
		file, _ := recorded(t, "record -p 4121 -o FILE"+flags)
		s := newSession(t)
		qt.Check(t, qt.Equals(run([]string{"explain", file}, s.tool), exitBlocked))
		qt.Check(t, qt.Equals(strings.Contains(s.out.String(), "192.168.7.1:6379"), shows))
		qt.Check(t, qt.StringContains(s.out.String(), ":6379 LISTEN"))
	}
}

func TestExplainAMoment(t *testing.T) {
	file, _ := recorded(t, "record -p 4121 -o FILE")
	for at, code := range map[string]int{"10ms": exitBlocked, "0s": exitBlocked, "2s": exitBlocked, "2.1s": exitUsage, "1h": exitUsage, "1999-01-02 03:04:05": exitUsage} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run([]string{"explain", file, "--at", at}, s.tool), code), qt.Commentf("%s: %s", at, s.talk.String()))
		if code == exitUsage {
			oneSentence(t, s.talk.String())
			qt.Check(t, qt.StringContains(s.talk.String(), at+" is not in the recording: it has 2s from "))
		}
	}
}

func TestFilesThatAreNoRecordings(t *testing.T) {
	dir := t.TempDir()
	file, _ := recorded(t, "record -p 4121 -o FILE")
	data, err := os.ReadFile(file)
	qt.Assert(t, qt.IsNil(err))
	for name, text := range map[string]string{"other": "#!/bin/sh\n", "empty": "", "newer": "uringtrace recording 9\n", "headless": string(data[:100])} {
		qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)))
	}
	for name, says := range map[string]string{
		"other": "this is no recording of uringtrace", "empty": "this is no recording of uringtrace",
		"newer":    "the recording was made by a newer uringtrace: format 9, and this version reads up to 1",
		"headless": "the recording ends early, at byte 23: it ends within a frame", "absent": "no such file", ".": "has no segments of a recording in it",
	} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run([]string{"explain", filepath.Join(dir, name)}, s.tool), exitUsage))
		qt.Check(t, qt.StringContains(s.talk.String(), says))
		oneSentence(t, s.talk.String())
	}
}

// TestACutRecordingIsExplained up to there, and says so.
func TestACutRecordingIsExplained(t *testing.T) {
	file, _ := recorded(t, "record -p 4121 -o FILE")
	data, err := os.ReadFile(file)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(os.WriteFile(file, data[:len(data)-3], 0o600)))
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"explain", file}, s.tool), exitBlocked))
	qt.Check(t, qt.StringContains(s.out.String(), "the recording ends early, at byte "))
}
