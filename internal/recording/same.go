package recording

import (
	"hash/maphash"

	"uringtrace/internal/events"
)

// A queue that is blocked stays as it is from walk to walk, but for its end. So of
// nodes that the last walk had in the same order it is told only that they are
// still there.

// walkNodes is the nodes of a walk under way.
type walkNodes struct {
	sums       []uint64 // of all so far
	at         int      // in the last walk: behind the last node that was the same
	skip, take int      // that are to be told
}

// lookAhead is how many nodes of the last walk may have gone at once. When more
// have, the rest is told anew.
const lookAhead = 4096

func (n *encoder) nodes(w *events.Walk) uint64 {
	n.walk.sums, n.walk.at, n.walk.skip, n.walk.take = n.walk.sums[:0], 0, 0, 0
	misses := 0
	w.EachNode(func(wn *events.WalkNode) {
		sum := maphash.Comparable(n.seed, *wn)
		n.walk.sums = append(n.walk.sums, sum)
		ahead := lookAhead
		if misses > lookAhead {
			ahead = 1 // this is another queue: don't search for each of a million
		}
		if n.still(sum, ahead) {
			misses = 0
			return
		}
		misses++
		n.same()
		hidden := *wn
		n.veil.node(&hidden)
		n.record(recordNode)
		walkNode(&n.code, &hidden, &n.context.node)
	})
	n.same()
	n.before, n.walk.sums = n.walk.sums, n.before
	return uint64(len(n.before))
}

// still reports whether a node is one of the next of the last walk.
func (n *encoder) still(sum uint64, ahead int) bool {
	w := &n.walk
	for i := w.at; i < min(w.at+ahead, len(n.before)); i++ {
		if n.before[i] != sum {
			continue
		}
		if i > w.at {
			n.same()
			w.skip += i - w.at
		}
		w.take++
		w.at = i + 1
		return true
	}
	return false
}

// same tells of the nodes that are the same up to here.
func (n *encoder) same() {
	w := &n.walk
	if w.take == 0 {
		return
	}
	n.record(recordSame)
	n.number(uint64(w.skip))
	n.number(uint64(w.take))
	w.skip, w.take = 0, 0
}
