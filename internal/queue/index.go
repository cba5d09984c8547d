package queue

import "math/bits"

// index finds entries of a slab by a key that they have themselves: a slot has
// the entry's number in the slab and a part of the key's hash, four bytes where a
// map has forty. Unlike a map it does not grow while as many come as go.
type index struct {
	slots []uint32 // 0: free
	n     int
}

const (
	// spread is 2^64 divided by the golden ratio: it makes a hash of what differs
	// in any of its bits (Knuth, The Art of Computer Programming, 6.4).
	spread = 0x9e3779b97f4a7c15

	indexBits = 24 // of a slot, for the number in the slab
	minIndex  = 8
)

// keyed gives an entry's key.
type keyed func(i uint32) uint64

func (x *index) home(hash uint64) int { return int(hash >> (64 - bits.Len(uint(len(x.slots)-1)))) }

func slotFor(i uint32, hash uint64) uint32 { return i | uint32(hash)&^(1<<indexBits-1) }

func hashOf(key uint64) uint64 {
	h := key * spread
	return h ^ h>>32
}

// find answers 0 if there is none.
func (x *index) find(key uint64, of keyed) uint32 {
	if x.n == 0 {
		return 0
	}
	at := x.locate(key, of)
	return x.slots[at] & (1<<indexBits - 1)
}

// locate is where the key is, or the free slot where it belongs.
func (x *index) locate(key uint64, of keyed) int {
	h := hashOf(key)
	at := x.home(h)
	for ; x.slots[at] != 0; at = x.after(at) {
		i := x.slots[at] & (1<<indexBits - 1)
		if x.slots[at] == slotFor(i, h) && of(i) == key {
			break
		}
	}
	return at
}

func (x *index) after(at int) int { return (at + 1) & (len(x.slots) - 1) }

// put adds entry i, whose key no other may have.
func (x *index) put(i uint32, key uint64, of keyed) {
	if x.n >= len(x.slots)/8*7 {
		x.resize(max(2*len(x.slots), minIndex), of)
	}
	x.add(i, hashOf(key))
	x.n++
}

func (x *index) add(i uint32, hash uint64) {
	at := x.home(hash)
	for x.slots[at] != 0 {
		at = x.after(at)
	}
	x.slots[at] = slotFor(i, hash)
}

// reserve makes room for n more at once.
func (x *index) reserve(n int, of keyed) {
	if room := 1 << bits.Len(uint((x.n+n)*8/7)); room > len(x.slots) && n > 0 {
		x.resize(max(room, minIndex), of)
	}
}

func (x *index) resize(room int, of keyed) {
	old := x.slots
	x.slots = make([]uint32, room)
	for _, s := range old {
		if i := s & (1<<indexBits - 1); i != 0 {
			x.add(i, hashOf(of(i)))
		}
	}
}

// remove takes the key out, if it is there, and closes the gap: what came to lie
// behind its home moves up.
func (x *index) remove(key uint64, of keyed) {
	if x.n == 0 {
		return
	}
	gap := x.locate(key, of)
	if x.slots[gap] == 0 {
		return
	}
	x.n--
	for at := x.after(gap); x.slots[at] != 0; at = x.after(at) {
		home := x.home(hashOf(of(x.slots[at] & (1<<indexBits - 1))))
		if mask := len(x.slots) - 1; (at-home)&mask >= (at-gap)&mask {
			x.slots[gap] = x.slots[at]
			gap = at
		}
	}
	x.slots[gap] = 0
}
