package main

import (
	"context"

	"uringtrace/internal/history"
	"uringtrace/internal/render/text"
)

// follow plays a recording to its end and returns what has become of its rings. If
// it is cut before the recorder's end, stderr says so.
func (t *tool) follow(ctx context.Context, p *playback) (*history.History, error) {
	h := history.New(p.Incident())
	w := t.work()
	defer w.done()
	entries := 0
	for ctx.Err() == nil {
		e, err := p.Next()
		if err != nil {
			w.done()
			return h, t.end(p, h)
		}
		h.Took(e)
		entries++
		w.at(func() string { return text.Playing(entries, p.Offset()) })
	}
	return nil, ctx.Err()
}

// end ends a history where its recording does.
func (t *tool) end(p *playback, h *history.History) error {
	h.Finish()
	cut := p.Cut()
	switch _, end := h.Span(); {
	case cut == nil:
	case end == 0:
		return usagef("%s: %w, and there is nothing before that", p.name, cut)
	default:
		t.note("%s: %v; what was recorded until there is told", p.name, cut)
	}
	return nil
}
