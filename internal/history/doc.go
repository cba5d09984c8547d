// Package history keeps how an incident came about: how deep each queue was and
// what it held over time, every request that pinned it from its beginning to its
// end, when the state was not exact, and the queues at many moments. It follows an
// incident entry by entry and takes no more memory for days than for minutes: time
// is cut into intervals of one width, which doubles when they get too many. It is
// pure and deterministic.
package history
