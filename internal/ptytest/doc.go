// Package ptytest runs a program on a terminal of its own, types keys, and reads
// the screen as a person would.
package ptytest
