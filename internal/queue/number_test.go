package queue

import "fmt"

// numbers remembers who bore which number: a number is never given again.
type numbers map[numberKey]numbered

type numberKey struct{ ring, node uint32 }

type numbered struct {
	addr uint64
	seen int // the last time, counted in calls of check
}

// check tells of numbers that came back or changed hands.
func (m numbers) check(s *State, now int) []string {
	var out []string
	for _, r := range s.all {
		for _, n := range r.known {
			key := numberKey{uint32(r.number), n.number}
			if was, ok := m[key]; ok && (was.seen != now-1 || was.addr != n.addr) {
				out = append(out, fmt.Sprintf("number %v came back: %v, now at %#x", key, was, n.addr))
			}
			m[key] = numbered{n.addr, now}
		}
	}
	return out
}
