package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// TestVeilIsBounded: however many pages there are, few are remembered, and all stay
// apart and what they were.
func TestVeilIsBounded(t *testing.T) {
	v := newVeil(false)
	v.most = 100
	rnd := rand.New(rand.NewPCG(9, 0))
	b := newBijection()
	var all []uint64
	for range 20_000 {
		addr := uint64(1)<<63 | rnd.Uint64()
		if len(all) > 0 && rnd.IntN(3) == 0 {
			addr = all[rnd.IntN(len(all))]
		}
		all = append(all, addr)
		hidden := addr
		v.address(&hidden)
		qt.Assert(t, qt.IsNil(b.match(addr, hidden)))
		qt.Assert(t, qt.Equals(hidden&0xfff, addr&0xfff))
	}
	qt.Check(t, qt.HasLen(v.pages, 100))
	zero := uint64(0)
	v.address(&zero)
	qt.Check(t, qt.Equals(zero, 0))
}

func TestRedaction(t *testing.T) {
	v := newVeil(true)
	alias := func(family uint16, addr ...byte) events.Endpoint {
		e := events.Endpoint{Port: 6379}
		copy(e.Addr[:], addr)
		v.endpoint(&e, family)
		qt.Check(t, qt.Equals(e.Port, 6379))
		return e
	}
	first, second := alias(afInet, 10, 1, 2, 3), alias(afInet, 10, 1, 2, 4)
	qt.Check(t, qt.DeepEquals(first.Addr[:5], []byte{198, 18, 0, 1, 0}))
	qt.Check(t, qt.Not(qt.Equals(first, second)))
	qt.Check(t, qt.Equals(alias(afInet, 10, 1, 2, 3), first))
	qt.Check(t, qt.Equals(alias(afInet, 127, 0, 0, 1).Addr, [16]byte{127, 0, 0, 1}))
	qt.Check(t, qt.Equals(alias(afInet).Addr, [16]byte{}))
	qt.Check(t, qt.Equals(alias(afInet6, 0x20, 1, 4, 5).Addr, [16]byte{0x20, 1, 0xd, 0xb8, 15: 3}))
	qt.Check(t, qt.Equals(alias(afInet6, []byte{15: 1}...).Addr, [16]byte{15: 1}))
	qt.Check(t, qt.Equals(alias(1, 1, 2, 3).Addr, [16]byte{}))
	for i := range 3 * maxAliases {
		alias(afInet, 11, byte(i>>16), byte(i>>8), byte(i))
	}
	qt.Check(t, qt.Equals(alias(afInet, 12), alias(afInet, 13)))
	qt.Check(t, qt.IsTrue(len(v.aliases) <= maxAliases))
}

// file is a recording of such records.
func file(t *testing.T, blocks ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, someHeader())
	qt.Assert(t, qt.IsNil(err))
	for _, b := range blocks {
		w.write(blockFrame, b)
	}
	qt.Assert(t, qt.IsNil(w.Close()))
	return out.Bytes()
}

// TestHostileSizes: what claims too much is damaged, and costs no more than what
// there is.
func TestHostileSizes(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<40)
	walk := []byte{recordWalk, byte(events.Joined), 0}
	begin := func(more ...byte) []byte { return append(bytes.Clone(walk), more...) }
	fill := func(head []byte, record ...byte) []byte {
		return append(head, bytes.Repeat(record, 8<<20/len(record))...)
	}
	kinds := append([]byte{recordLoss, 0, 0}, huge...)
	for name, tt := range map[string]struct {
		blocks [][]byte
		want   error
	}{
		"window":   {[][]byte{fill(begin(), recordWindow, byte(events.NodeZero), 0)}, errSize},
		"nodes":    {[][]byte{fill(begin(), recordNode, 0), fill(nil, recordNode, 0)}, errSize},
		"rings":    {[][]byte{fill(begin(), recordRing, 0)}, errSize},
		"requests": {[][]byte{fill(begin(), recordRequest, 0)}, errSize},
		"same":     {[][]byte{begin(append([]byte{recordSame, 0}, huge...)...)}, errNodes},
		"kinds":    {[][]byte{kinds}, errShort},
		"slots":    {[][]byte{append([]byte{recordCounts, 0, recordRemovals, 0, 0}, huge...)}, errShort},
		"frames":   {[][]byte{append([]byte{recordStack, 0, 1}, huge...)}, errRange},
		"string":   {[][]byte{append([]byte{recordEntry, byte(events.Unheard), 1 << 2}, huge...)}, errLength},
		"fields":   {[][]byte{{recordEntry, byte(events.Unheard), 1 << 6}}, errFields},
		"part":     {[][]byte{{recordNode, 0}}, errPart},
		"no part":  {[][]byte{begin(recordEvent, 1, 0)}, errPart},
		"open":     {[][]byte{walk}, errShort},
		"bare":     {[][]byte{{recordEvent}}, errShort},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader(file(t, tt.blocks...)))
			qt.Assert(t, qt.IsNil(err))
			r.most = 1 << 20
			before := allocated()
			var e events.Entry
			err = r.Next(&e)
			qt.Check(t, qt.ErrorIs(err, tt.want))
			var cut *CutError
			qt.Assert(t, qt.ErrorAs(err, &cut))
			qt.Check(t, qt.IsFalse(cut.Open()))
			qt.Check(t, qt.IsTrue(allocated()-before < 64<<20), qt.Commentf("%d", allocated()-before))
			qt.Check(t, qt.Equals(r.Next(&e), err))
		})
	}
}

// TestPromisedLength: a frame that claims much and has little costs little.
func TestPromisedLength(t *testing.T) {
	var f frames
	head := bytes.Clone(f.frame(blockFrame, []byte("some"))[:frameHead])
	binary.LittleEndian.PutUint32(head[4:], maxBlock)
	data := append(file(t)[:len(file(t))-frameHead], head...)
	before := allocated()
	_, err := read(t, bytes.NewReader(data))
	qt.Check(t, qt.ErrorIs(err, errTorn))
	qt.Check(t, qt.IsTrue(allocated()-before < 1<<20))

	binary.LittleEndian.PutUint32(head[4:], maxBlock+1)
	_, err = read(t, bytes.NewReader(append(data[:len(data)-frameHead], head...)))
	qt.Check(t, qt.ErrorIs(err, errTooBig))
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestTooManyRings: no process has as many, so the recording is damaged.
func TestTooManyRings(t *testing.T) {
	entries := make([]events.Entry, 2*maxRings)
	for i := range entries {
		entries[i] = events.Entry{Kind: events.Heard, Event: &events.Event{Kind: events.RingCreate, Ring: uint64(i+1) << 12}}
	}
	r, err := NewReader(bytes.NewReader(write(t, someHeader(), entries)))
	qt.Assert(t, qt.IsNil(err))
	p := Play(r)
	p.End()
	qt.Assert(t, qt.IsNotNil(p.Cut()))
	qt.Check(t, qt.IsTrue(errors.Is(p.Cut(), errHuge)))
	rings, _ := p.Incident().State().Size()
	qt.Check(t, qt.IsTrue(rings < maxRings+checkEvery+1))
}

// TestReadersOwnError is neither an end nor a damage that is kept quiet.
func TestReadersOwnError(t *testing.T) {
	failed := errors.New("input/output error")
	data := file(t, []byte{recordEntry, byte(events.Exited), 0})
	in := &failing{bytes.NewReader(data[:len(data)-frameHead]), failed}
	got, err := read(t, in)
	qt.Check(t, qt.HasLen(got, 1))
	qt.Check(t, qt.ErrorIs(err, failed))
}

// failing reads what there is and then fails.
type failing struct {
	*bytes.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.Len() == 0 {
		return 0, f.err
	}
	return f.Reader.Read(p)
}
