package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func someHeader() *Header {
	return &Header{
		ID: "1f", Tool: "test", Mode: Events, Release: "6.1.0", Reclaim: "ordered-deferred", Backend: "fentry",
		SettleNS: 2e9, Target: target{PID: 4121, Comm: "dragonfly", Unit: "dragonfly.service"},
		Costs: costs{Node: 96, Sock: map[string]uint64{"tcp": 2300}}, NotSeen: []string{"nothing"},
		Hooks: []Hook{{Name: "node queued", Function: "io_rsrc_node_switch", State: "ok"}},
	}
}

// write records entries.
func write(t *testing.T, h *Header, entries []events.Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, h)
	qt.Assert(t, qt.IsNil(err))
	for i := range entries {
		qt.Assert(t, qt.IsNil(w.Entry(&entries[i])))
		if i%3 == 2 {
			qt.Assert(t, qt.IsNil(w.Flush()))
		}
	}
	qt.Assert(t, qt.IsNil(w.Close()))
	return out.Bytes()
}

// read reads all that there is, and how it ends.
func read(t *testing.T, in io.Reader) ([]events.Entry, error) {
	t.Helper()
	r, err := NewReader(in)
	if err != nil {
		return nil, err
	}
	var out []events.Entry
	for {
		var e events.Entry
		if err := r.Next(&e); err != nil {
			return out, err
		}
		out = append(out, plain(&e))
	}
}

// bijection holds the addresses of two recordings of the same against each other.
type bijection struct{ there, back map[uint64]uint64 }

func newBijection() *bijection {
	return &bijection{make(map[uint64]uint64), make(map[uint64]uint64)}
}

func (b *bijection) match(x, y uint64) error {
	if (x == 0) != (y == 0) {
		return fmt.Errorf("%x became %x", x, y)
	}
	if known, ok := b.there[x]; ok && known != y {
		return fmt.Errorf("%x became %x, and %x before", x, y, known)
	}
	if known, ok := b.back[y]; ok && known != x {
		return fmt.Errorf("%x and %x became %x", x, known, y)
	}
	b.there[x], b.back[y] = y, x
	return nil
}

// equal asserts that the second is the first but for the addresses, which it then
// takes out of both.
func (b *bijection) equal(t *testing.T, want, got *events.Entry) {
	t.Helper()
	x, y := addresses(want), addresses(got)
	qt.Assert(t, qt.Equals(len(x), len(y)))
	for i := range x {
		qt.Assert(t, qt.IsNil(b.match(*x[i], *y[i])))
		*x[i], *y[i] = 0, 0
	}
	if want.Loss != nil {
		b.rings(t, want.Loss, got.Loss)
	}
	sameEntries(t, []events.Entry{*got}, []events.Entry{*want})
}

// sameEntries is qt.DeepEquals, which takes long, for what is mostly equal.
func sameEntries(t *testing.T, got, want []events.Entry) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		qt.Assert(t, qt.DeepEquals(got, want))
	}
}

// rings does the same for those that are keys. Which became which is known only of
// those that were met elsewhere; the sums are told apart by their numbers.
func (b *bijection) rings(t *testing.T, want, got *events.Loss) {
	t.Helper()
	qt.Assert(t, qt.Equals(len(got.ByRing), len(want.ByRing)))
	for ring, n := range want.ByRing {
		if hidden, ok := b.there[ring]; ok {
			qt.Assert(t, qt.Equals(got.ByRing[hidden], n))
		}
	}
	want.ByRing, got.ByRing = nil, nil
}

// checkAll reads a recording that must have those entries and end well.
func checkAll(t *testing.T, in io.Reader, want []events.Entry) {
	t.Helper()
	got, err := read(t, in)
	qt.Assert(t, qt.ErrorIs(err, io.EOF))
	qt.Assert(t, qt.HasLen(got, len(want)))
	b := newBijection()
	for i := range want {
		e := plain(&want[i])
		b.equal(t, &e, &got[i])
	}
}

func TestRoundTrip(t *testing.T) {
	for seed := range uint64(20) {
		want := someEntries(rand.New(rand.NewPCG(seed, 0)), 100)
		checkAll(t, bytes.NewReader(write(t, someHeader(), want)), want)
	}
}

func TestHeaderIsKept(t *testing.T) {
	h := someHeader()
	r, err := NewReader(bytes.NewReader(write(t, h, nil)))
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.DeepEquals(r.Header(), h))
	var again Header
	again.Describe(h.Subject())
	qt.Check(t, qt.DeepEquals(again.Subject(), h.Subject()))
	qt.Check(t, qt.Equals(h.Subject().Reclaim, events.OrderedDeferred))
}

// TestCutAnywhere: up to where a recording is cut, all that was flushed is there,
// and the reader says where it ends.
func TestCutAnywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	whole := write(t, someHeader(), someEntries(rnd, 12))
	all, err := read(t, bytes.NewReader(whole))
	qt.Assert(t, qt.ErrorIs(err, io.EOF))
	last := 0
	for n := range whole {
		entries, err := read(t, bytes.NewReader(whole[:n]))
		var cut *CutError
		if !errors.As(err, &cut) {
			qt.Assert(t, qt.ErrorIs(err, ErrNotRecording), qt.Commentf("at %d", n))
			qt.Assert(t, qt.IsTrue(n < len(firstLine())))
			continue
		}
		qt.Assert(t, qt.IsTrue(cut.Offset <= int64(n) && cut.Open()), qt.Commentf("at %d: %v", n, err))
		qt.Assert(t, qt.IsTrue(len(entries) >= last))
		last = len(entries)
		sameEntries(t, entries, all[:last])
	}
	qt.Check(t, qt.Equals(last, len(all)))
}

// TestDamageAnywhere: a byte that is not as written is noticed, and nothing wrong is
// handed out.
func TestDamageAnywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 0))
	whole := write(t, someHeader(), someEntries(rnd, 12))
	all, _ := read(t, bytes.NewReader(whole))
	for n := range whole {
		damaged := bytes.Clone(whole)
		damaged[n] ^= 1 << rnd.IntN(8)
		entries, err := read(t, bytes.NewReader(damaged))
		var cut *CutError
		if n >= len(firstLine()) {
			qt.Assert(t, qt.ErrorAs(err, &cut), qt.Commentf("at %d", n))
			qt.Assert(t, qt.IsTrue(cut.Offset <= int64(n)))
		} else if !errors.As(err, &cut) {
			qt.Assert(t, qt.IsTrue(errors.Is(err, ErrNotRecording) || errors.Is(err, ErrNewer)), qt.Commentf("at %d: %v", n, err))
		}
		sameEntries(t, entries, all[:len(entries)])
	}
}

func TestOtherFiles(t *testing.T) {
	for text, want := range map[string]error{
		"":                          ErrNotRecording,
		"#!/bin/sh\n":               ErrNotRecording,
		"uringtrace recording \n":   ErrNotRecording,
		"uringtrace recording 0\n":  ErrNotRecording,
		"uringtrace recording -1\n": ErrNotRecording,
		"uringtrace recording 2\n":  ErrNewer,
	} {
		_, err := NewReader(bytes.NewReader([]byte(text)))
		qt.Check(t, qt.ErrorIs(err, want), qt.Commentf("%q", text))
	}
}
