package job

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

type recorder struct {
	out, err bytes.Buffer
	events   []Event
}

func (r *recorder) Output(s Stream, data []byte) error {
	if s == Stderr {
		r.err.Write(data)
	} else {
		r.out.Write(data)
	}
	return nil
}

func (r *recorder) Event(e Event) error {
	r.events = append(r.events, e)
	return nil
}

func TestFramesKeepStreamsApart(t *testing.T) {
	var wire bytes.Buffer
	w := NewFrameWriter(&wire)
	long := strings.Repeat("0123456789", 10000) // needs two frames
	for _, part := range []struct {
		stream Stream
		text   string
	}{{Stdout, "a\r\n\x00"}, {Stderr, "complaint"}, {Stdout, long}} {
		n, err := io.WriteString(w.Stream(part.stream), part.text)
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.Equals(n, len(part.text)))
	}
	end := Event{Kind: End, Program: 3, Outcome: &Outcome{Exit: 2, Seconds: 1.5, Kernel: []string{"BUG: x"}}}
	qt.Assert(t, qt.IsNil(w.Event(end)))

	var got recorder
	qt.Assert(t, qt.IsNil(ReadFrames(bytes.NewReader(wire.Bytes()), &got)))
	qt.Check(t, qt.Equals(got.out.String(), "a\r\n\x00"+long))
	qt.Check(t, qt.Equals(got.err.String(), "complaint"))
	qt.Check(t, qt.DeepEquals(got.events, []Event{end}))
}

func TestFramesCutShort(t *testing.T) {
	var wire bytes.Buffer
	_, err := NewFrameWriter(&wire).Stream(Stdout).Write([]byte("hello"))
	qt.Assert(t, qt.IsNil(err))
	for n := 1; n < wire.Len(); n++ {
		err := ReadFrames(bytes.NewReader(wire.Bytes()[:n]), &recorder{})
		qt.Check(t, qt.ErrorIs(err, io.ErrUnexpectedEOF), qt.Commentf("%d bytes", n))
	}
	err = ReadFrames(strings.NewReader("\x09\x00\x00"), &recorder{})
	qt.Check(t, qt.ErrorMatches(err, "unknown stream 9: .*"))
}

func TestArchiveBringsFilesBack(t *testing.T) {
	guest, host := t.TempDir(), t.TempDir()
	qt.Assert(t, qt.IsNil(os.MkdirAll(filepath.Join(guest, "dir", "deep"), 0o755)))
	qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(guest, "cover.out"), []byte("mode: set\n"), 0o644)))
	qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(guest, "dir", "deep", "x"), []byte("x"), 0o600)))
	missing := filepath.Join(guest, "missing")

	var wire bytes.Buffer
	want := &Result{Release: "6.1.0", Programs: []Outcome{{Exit: 1, Seconds: 0.25}}}
	pull := []string{filepath.Join(guest, "cover.out"), filepath.Join(guest, "dir"), missing}
	qt.Assert(t, qt.IsNil(WriteArchive(&wire, want, pull)))
	place := func(p string) (string, bool) {
		rel, err := filepath.Rel(guest, p)
		return filepath.Join(host, rel), err == nil
	}
	got, err := ReadArchive(bytes.NewReader(wire.Bytes()), place)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.DeepEquals(got, want))
	qt.Check(t, qt.DeepEquals(got.Missing, []string{missing}))
	for name, text := range map[string]string{"cover.out": "mode: set\n", "dir/deep/x": "x"} {
		data, err := os.ReadFile(filepath.Join(host, name))
		qt.Check(t, qt.IsNil(err))
		qt.Check(t, qt.Equals(string(data), text))
	}

	_, err = ReadArchive(bytes.NewReader(wire.Bytes()), func(string) (string, bool) { return "", false })
	qt.Check(t, qt.ErrorMatches(err, ".* which nobody asked for"))
}

func TestArchiveCutShortIsNoResult(t *testing.T) {
	var wire bytes.Buffer
	qt.Assert(t, qt.IsNil(WriteArchive(&wire, &Result{Release: "6.1.0"}, nil)))
	for n := range wire.Len() {
		_, err := ReadArchive(bytes.NewReader(wire.Bytes()[:n]), nil)
		qt.Check(t, qt.ErrorIs(err, ErrNoResult), qt.Commentf("%d bytes", n))
	}
}
