//go:build race

package queue

// Coroutines are slow under the race detector, and nothing here is concurrent.
const defaultSeeds = 20
