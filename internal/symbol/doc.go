// Package symbol names the addresses of a process that runs: by the files that it
// has mapped, their ELF symbols and, for Go, the table that every Go program
// carries. Functions that the compiler inlined are named by those that they were
// inlined into. What a file does not tell stays empty; nothing is downloaded.
package symbol
