// Package floor hooks kernel functions with programs that do nothing: what hooking
// costs whoever does it, below which no observer of those functions can be.
package floor
