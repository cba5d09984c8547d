package html

import (
	"cmp"
	"slices"
)

// deepest are the indices, in order, of those among count things that have a depth:
// the n deepest at most.
func deepest(count, n int, depth func(i int) int) []int {
	var all []int
	for i := range count {
		if depth(i) > 0 {
			all = append(all, i)
		}
	}
	if len(all) > n {
		slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(depth(b), depth(a)) })
		all = all[:n]
		slices.Sort(all)
	}
	return all
}
