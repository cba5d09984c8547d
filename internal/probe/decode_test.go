//go:build linux

package probe

import (
	"testing"
	"unsafe"

	"github.com/go-quicktest/qt"
	"github.com/google/go-cmp/cmp"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

func removal(then bpf.WireThen) []byte {
	r := &bpf.WireEventRemoval{
		Ev: bpf.WireEvent{
			Time: 7, Ring: 0x1000, Node: 0x1100, Arg: 0x1200, Arg2: 0x1300, Tid: 42, Kind: bpf.WireEvEV_NODE_REMOVE,
		},
		Slot: 3, Then: then,
		Res: bpf.WireResource{Rsrc: 0x2000, Sock: 0x2100, Ino: 5, Type: bpf.WireResTypeRES_FILE},
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(r)), unsafe.Sizeof(*r))
}

// TestOneRecordTellsAllThatFollows: what happens in a removal's call is in its record.
func TestOneRecordTellsAllThatFollows(t *testing.T) {
	type told struct {
		kind              events.Kind
		node, next, first uint64
		sock              uint64
	}
	remove := told{kind: events.NodeRemove, node: 0x1100, sock: 0x2100}
	for _, tt := range []struct {
		then bpf.WireThen
		want []told
	}{
		{0, []told{remove}},
		{bpf.WireThenTHEN_SWITCH, []told{remove, {kind: events.NodeSwitch, node: 0x1100, next: 0x1200, first: 0x1300}}},
		{
			bpf.WireThenTHEN_NEXT | bpf.WireThenTHEN_ZERO | bpf.WireThenTHEN_GONE,
			[]told{
				remove,
				{kind: events.NodeNew, node: 0x1200},
				{kind: events.NodeZero, node: 0x1100},
				{kind: events.SockRelease, sock: 0x2100},
			},
		},
	} {
		var out [maxEvents]events.Event
		n, err := decodeRecord(removal(tt.then), &out)
		qt.Assert(t, qt.IsNil(err))
		var got []told
		for _, e := range out[:n] {
			qt.Check(t, qt.Equals(e.Time, 7))
			qt.Check(t, qt.Equals(e.Ring, 0x1000))
			qt.Check(t, qt.Equals(e.TID, 42))
			got = append(got, told{e.Kind, e.Node, e.Next, e.First, e.Resource.Sock})
		}
		qt.Check(t, qt.CmpEquals(got, tt.want, cmp.AllowUnexported(told{})), qt.Commentf("%d", tt.then))
	}
}

func TestShortRecords(t *testing.T) {
	var out [maxEvents]events.Event
	whole := removal(0)
	for n := range len(whole) {
		_, err := decodeRecord(whole[:n], &out)
		qt.Check(t, qt.ErrorIs(err, errShortRecord), qt.Commentf("%d bytes", n))
	}
}

func BenchmarkDecode(b *testing.B) {
	var out [maxEvents]events.Event
	raw := removal(bpf.WireThenTHEN_NEXT | bpf.WireThenTHEN_ZERO)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		told, err := decodeRecord(raw, &out)
		if err != nil {
			b.Fatal(err)
		}
		n += told
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
