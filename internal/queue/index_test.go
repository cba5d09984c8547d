package queue

import (
	"math/rand/v2"
	"testing"

	"github.com/go-quicktest/qt"
)

// TestIndexIsAMap does the same to an index and to a map.
func TestIndexIsAMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var keys slab[uint64]
	keyOf := func(i uint32) uint64 { return *keys.at(i) }
	var x index
	want := make(map[uint64]uint32)
	for step := range 200_000 {
		// Few keys, close together: they often collide and often come back.
		key := uint64(rnd.IntN(300)) * 8
		if i, ok := want[key]; ok {
			qt.Assert(t, qt.Equals(x.find(key, keyOf), i), qt.Commentf("step %d", step))
			if rnd.IntN(2) == 0 {
				x.remove(key, keyOf)
				keys.give(i)
				delete(want, key)
			}
			continue
		}
		qt.Assert(t, qt.Equals(x.find(key, keyOf), 0), qt.Commentf("step %d", step))
		x.remove(key, keyOf) // is of no consequence
		i := keys.take()
		*keys.at(i) = key
		x.put(i, key, keyOf)
		want[key] = i
		qt.Assert(t, qt.Equals(x.n, len(want)))
	}
	for key, i := range want {
		qt.Check(t, qt.Equals(x.find(key, keyOf), i))
	}
	qt.Check(t, qt.Equals(len(x.slots), 512), qt.Commentf("it grew with what came and went"))
}

func TestIndexReserves(t *testing.T) {
	keyOf := func(i uint32) uint64 { return uint64(i) * 8 }
	for n := range 300 {
		var x index
		x.reserve(n, keyOf)
		room := len(x.slots)
		for i := range uint32(n) {
			x.put(i+1, keyOf(i+1), keyOf)
		}
		qt.Assert(t, qt.Equals(len(x.slots), room), qt.Commentf("%d entries", n))
		qt.Assert(t, qt.IsTrue(room <= max(minIndex, 3*n)), qt.Commentf("%d entries", n))
		x.reserve(1000, keyOf)
		for i := range uint32(n) {
			qt.Assert(t, qt.Equals(x.find(keyOf(i+1), keyOf), i+1))
		}
	}
}
