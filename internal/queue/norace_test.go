//go:build !race

package queue

const defaultSeeds = 200
