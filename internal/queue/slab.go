package queue

// Chunks are small: a host may have ten thousand rings with one node each.
const (
	chunkBits = 5
	chunkSize = 1 << chunkBits
)

// slab stores values by index and reuses what was given back. Index 0 is never
// handed out.
type slab[T any] struct {
	chunks []*[chunkSize]T
	free   []uint32
	top    uint32
}

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i>>chunkBits][i&(chunkSize-1)] }

func (s *slab[T]) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	s.top++
	if int(s.top>>chunkBits) >= len(s.chunks) {
		s.chunks = append(s.chunks, new([chunkSize]T))
	}
	return s.top
}

func (s *slab[T]) give(i uint32) {
	var zero T
	*s.at(i) = zero
	s.free = append(s.free, i)
}

// used is how many are handed out.
func (s *slab[T]) used() int { return int(s.top) - len(s.free) }
