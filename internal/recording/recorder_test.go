package recording

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"go.uber.org/goleak"

	"uringtrace/internal/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Sink of segments in memory.
type memory struct {
	mu       sync.Mutex
	segments []*bytes.Buffer
	most     int           // bytes of a segment
	room     int           // bytes until the disk is full; 0: never
	slow     chan struct{} // closed: goes on; nil: never waited
}

var errFull = errors.New("no space left on device")

func (m *memory) Write(data []byte) (int, error) {
	if m.slow != nil {
		<-m.slow
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.segments == nil {
		m.segments = []*bytes.Buffer{{}}
	}
	if m.room > 0 && m.size()+len(data) > m.room {
		return 0, errFull
	}
	return m.segments[len(m.segments)-1].Write(data)
}

func (m *memory) size() int {
	n := 0
	for _, s := range m.segments {
		n += s.Len()
	}
	return n
}

func (m *memory) Full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most > 0 && m.segments[len(m.segments)-1].Len() >= m.most
}

func (m *memory) Turn() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.segments = append(m.segments, &bytes.Buffer{})
	return nil
}

func (m *memory) Close() error { return nil }

// from is what the segments hold from the nth on.
func (m *memory) from(n int) io.Reader {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []byte
	for _, s := range m.segments[n:] {
		all = append(all, s.Bytes()...)
	}
	return bytes.NewReader(all)
}

func record(t *testing.T, m *memory, o RecorderOptions) *Recorder {
	t.Helper()
	o.Header = *someHeader()
	o.Clock = func() Clock { return Clock{Monotonic: 1} }
	r, err := NewRecorder(m, o)
	qt.Assert(t, qt.IsNil(err))
	return r
}

func TestRecorderWritesWhatAWriterDoes(t *testing.T) {
	m := &memory{}
	r := record(t, m, RecorderOptions{Flush: time.Millisecond})
	want := someEntries(rand.New(rand.NewPCG(4, 0)), 300)
	for i := range want {
		r.Log(&want[i])
	}
	qt.Assert(t, qt.IsNil(r.Close()))
	checkAll(t, m.from(0), want)
	qt.Check(t, qt.Equals(r.Stats().Entries, 300))
	qt.Check(t, qt.Equals(r.Stats().Bytes, int64(m.size())))
}

// TestGrowingRecording: what was flushed can be read while more is written.
func TestGrowingRecording(t *testing.T) {
	m := &memory{}
	r := record(t, m, RecorderOptions{Flush: time.Millisecond})
	for n := range 5 {
		r.Log(&events.Entry{Kind: events.Sampled, Sockets: n})
		for begin := time.Now(); ; time.Sleep(time.Millisecond) {
			got, err := read(t, m.from(0))
			var cut *CutError
			qt.Assert(t, qt.ErrorAs(err, &cut))
			qt.Assert(t, qt.IsTrue(cut.Open()))
			if len(got) == n+1 {
				break
			}
			qt.Assert(t, qt.IsTrue(time.Since(begin) < 10*time.Second))
		}
	}
	qt.Assert(t, qt.IsNil(r.Close()))
}

// TestFullDisk: recording stops, says so once, and what was written is good.
func TestFullDisk(t *testing.T) {
	m := &memory{room: 500_000}
	said := make(chan error, 9)
	r := record(t, m, RecorderOptions{Flush: time.Millisecond, Failed: func(err error) { said <- err }})
	e := events.Event{Kind: events.NodeRemove, Ring: 1}
	rnd := rand.New(rand.NewPCG(5, 0))
	for r.Err() == nil {
		e.Time++
		e.Node = rnd.Uint64()
		r.Log(&events.Entry{Kind: events.Heard, Event: &e, Time: e.Time})
	}
	r.Log(&events.Entry{Kind: events.Explained})
	qt.Check(t, qt.IsFalse(r.Restart()))
	qt.Check(t, qt.ErrorIs(r.Close(), errFull))
	qt.Check(t, qt.ErrorIs(<-said, errFull))
	qt.Check(t, qt.HasLen(said, 0))
	got, err := read(t, m.from(0))
	var cut *CutError
	qt.Assert(t, qt.ErrorAs(err, &cut))
	qt.Check(t, qt.IsTrue(cut.Open()))
	qt.Check(t, qt.IsTrue(len(got) > 100))
}

// TestSlowDisk: what finds no room is counted, and all is learned anew.
func TestSlowDisk(t *testing.T) {
	m := &memory{slow: make(chan struct{})}
	close(m.slow)
	r := record(t, m, RecorderOptions{Flush: time.Hour, Room: 4 * blockBytes})
	slow := make(chan struct{})
	r.mu.Lock()
	m.slow = slow
	r.mu.Unlock()
	e := events.Event{Kind: events.NodeRemove, Ring: 1}
	rnd := rand.New(rand.NewPCG(6, 0))
	log := func() {
		e.Time++
		e.Node = rnd.Uint64()
		r.Log(&events.Entry{Kind: events.Heard, Event: &e, Time: e.Time})
	}
	for r.Stats().Dropped < 1000 {
		log()
		r.mu.Lock()
		waiting := r.bytes
		r.mu.Unlock()
		qt.Assert(t, qt.IsTrue(waiting < 6*blockBytes))
	}
	qt.Check(t, qt.IsFalse(r.Restart())) // there is no room yet
	close(slow)
	for !r.Restart() {
		time.Sleep(time.Millisecond)
	}
	log()
	r.Log(&events.Entry{Kind: events.Lost, Time: e.Time, Loss: &events.Loss{Broken: 7}})
	qt.Assert(t, qt.IsNil(r.Close()))
	qt.Check(t, qt.Equals(r.Stats().Dropped, 1000))

	got, err := read(t, m.from(0))
	qt.Assert(t, qt.ErrorIs(err, io.EOF))
	qt.Assert(t, qt.Equals(uint64(len(got)), e.Time-1000+2))
	gap := got[len(got)-3]
	qt.Assert(t, qt.Equals(gap.Kind, events.Lost))
	qt.Check(t, qt.Equals(gap.Loss.Broken, 1000))
	qt.Check(t, qt.Equals(gap.Loss.End, e.Time-1))
	qt.Check(t, qt.Equals(got[len(got)-1].Loss.Broken, 1007))
}

// TestSegments: all of them read as one recording, and each suffix stands for
// itself: it knows what was lost since it began.
func TestSegments(t *testing.T) {
	m := &memory{most: 2000}
	r := record(t, m, RecorderOptions{Flush: time.Millisecond})
	rnd := rand.New(rand.NewPCG(7, 0))
	const ring = 0xffff_8880_0123_4000
	walk := someWalk(rnd, nil)
	lost := uint64(0)
	lose := func() {
		r.Log(&events.Entry{Kind: events.Lost, Loss: &events.Loss{
			Missed: lost, ByKind: map[events.Kind]uint64{events.NodeZero: lost}, ByRing: map[uint64]uint64{ring: lost},
		}})
	}
	for m.count() < 5 {
		lost++
		r.Log(&events.Entry{Kind: events.Heard, Event: &events.Event{Kind: events.NodeZero, Ring: ring, Node: rnd.Uint64()}})
		if r.Restart() {
			lose()
			walk = someWalk(rnd, walk.Nodes)
			r.Log(&events.Entry{Kind: events.Joined, Walk: walk})
		}
		lose()
	}
	qt.Assert(t, qt.IsNil(r.Close()))

	whole, err := read(t, m.from(0))
	qt.Assert(t, qt.ErrorIs(err, io.EOF))
	qt.Check(t, qt.Equals(whole[len(whole)-1].Loss.Missed, lost))
	for n := 1; n < m.count(); n++ {
		part, err := read(t, m.from(n))
		qt.Assert(t, qt.ErrorIs(err, io.EOF))
		first := whole[len(whole)-len(part)]
		last := part[len(part)-1]
		qt.Assert(t, qt.Equals(part[0].Kind, events.Lost))
		qt.Check(t, qt.Equals(part[0].Loss.Events(), 0))
		qt.Check(t, qt.Equals(part[1].Kind, events.Joined))
		sameEntries(t, part[1:2], whole[len(whole)-len(part)+1:][:1])
		qt.Check(t, qt.Equals(last.Loss.Missed, lost-first.Loss.Missed))
		for _, n := range last.Loss.ByRing {
			qt.Check(t, qt.Equals(n, lost-first.Loss.Missed))
		}
	}
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.segments)
}

// TestSegmentsThatDoNotFollow: one is missing, or another recording begins.
func TestSegmentsThatDoNotFollow(t *testing.T) {
	segment := func(id string, n int) []byte {
		var out bytes.Buffer
		h := someHeader()
		h.ID, h.Segment = id, n
		w, err := NewWriter(&out, h)
		qt.Assert(t, qt.IsNil(err))
		w.write(turnFrame, nil)
		return out.Bytes()
	}
	for name, tt := range map[string]struct {
		second []byte
		open   bool
	}{
		"missing": {segment("1f", 2), false}, "other": {segment("2f", 1), false},
		"none yet": {nil, true}, "half a line": {firstLine()[:9], true}, "half a header": {segment("1f", 1)[:40], true},
	} {
		_, err := read(t, bytes.NewReader(append(segment("1f", 0), tt.second...)))
		var cut *CutError
		qt.Assert(t, qt.ErrorAs(err, &cut), qt.Commentf(name))
		qt.Check(t, qt.Equals(cut.Open(), tt.open), qt.Commentf("%s: %v", name, err))
	}
}
