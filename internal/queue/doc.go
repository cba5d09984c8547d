// Package queue says what is: it rebuilds each ring's node queue from events
// and walks and answers what is pinned, by which request, and what waits
// behind it. It is pure and deterministic.
package queue
