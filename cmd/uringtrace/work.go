package main

import (
	"fmt"
	"time"

	"uringtrace/internal/render/text"
)

const (
	workQuiet = time.Second            // what takes no longer is not told of
	workEvery = 100 * time.Millisecond // as fast as anyone reads
)

// work tells on a terminal how far something long has come: nothing in its first
// second, then in one line on stderr that is rewritten in place and gone at the end.
// It is for one goroutine at a time, and nothing else writes to stderr meanwhile.
type work struct {
	tool  *tool
	next  time.Time // when it may tell again
	shown bool
}

// work begins. The caller says when it is done.
func (t *tool) work() *work { return &work{tool: t, next: time.Now().Add(workQuiet)} }

// at tells how far it is. It costs little, however often it is called: line is
// called when it is shown only.
func (w *work) at(line func() string) {
	if !w.tool.progress || time.Now().Before(w.next) {
		return
	}
	w.next = time.Now().Add(workEvery)
	w.shown = true
	fmt.Fprintf(w.tool.stderr, "\r\x1b[K%s", cut(line(), w.tool.width()))
}

// reading tells how many nodes a walk has read.
func (w *work) reading(nodes int) { w.at(func() string { return text.Reading(nodes) }) }

// done takes the line away.
func (w *work) done() {
	if w.shown {
		fmt.Fprint(w.tool.stderr, "\r\x1b[K")
	}
	w.shown = false
}
