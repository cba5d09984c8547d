// Package man writes manual pages from a tree of commands: one page a command,
// with all that its help says. The tracer does not import it.
package man
