package recording

import (
	"maps"

	"uringtrace/internal/events"
)

// totals is what of the totals of losses is not as it was recorded: who starts in
// the middle of a recording has not lost what was lost before, and what the recorder
// had no room for was lost to us.
type totals struct {
	late bool         // the first loss is what was lost before
	base *events.Loss // that
	gaps uint64       // entries that were not recorded
	last events.Loss  // as handed out
}

func (r *Reader) readLoss(e *events.Entry) error {
	*e = events.Entry{Kind: events.Lost}
	c := &r.code
	r.context.moment(c, e)
	var l events.Loss
	r.context.lossTotals(c, &l)
	if n := c.count(2); n > 0 {
		l.ByKind = make(map[events.Kind]uint64, n)
		for range n {
			kind := events.Kind(c.below(1 << 8))
			l.ByKind[kind] = c.uvarint()
		}
	}
	if n := c.count(2); n > 0 {
		l.ByRing = make(map[uint64]uint64, n)
		for range n {
			ring := c.uvarint()
			l.ByRing[ring] = c.uvarint()
		}
	}
	r.loss.adjust(&l)
	e.Loss = &r.loss.last
	return nil
}

// adjust makes of a total as recorded the one to hand out.
func (t *totals) adjust(l *events.Loss) {
	if t.late && t.base == nil {
		base := *l
		base.ByKind, base.ByRing = maps.Clone(l.ByKind), maps.Clone(l.ByRing)
		t.base = &base
	}
	if b := t.base; b != nil {
		for kind, n := range b.ByKind {
			lower(l.ByKind, kind, n)
		}
		for ring, n := range b.ByRing {
			if now, ok := l.ByRing[ring]; ok && now >= n {
				l.ByRing[ring] = now - n // less: it is another ring at this address
			}
		}
		for _, p := range []struct {
			total *uint64
			base  uint64
		}{{&l.Elsewhere, b.Elsewhere}, {&l.Socks, b.Socks}, {&l.Rings, b.Rings}, {&l.Calls, b.Calls}, {&l.Missed, b.Missed}, {&l.Broken, b.Broken}} {
			*p.total -= min(*p.total, p.base)
		}
	}
	l.Broken += t.gaps
	t.last = *l
}

func lower(totals map[events.Kind]uint64, kind events.Kind, by uint64) {
	if n, ok := totals[kind]; ok && n > by {
		totals[kind] = n - by
	} else {
		delete(totals, kind)
	}
}

// gap makes a loss of what was not recorded.
func (r *Reader) gap(e *events.Entry) error {
	*e = events.Entry{Kind: events.Lost}
	r.context.moment(&r.code, e)
	n := r.code.uvarint()
	e.Kind = events.Lost
	t := &r.loss
	t.gaps += n
	t.last.Broken += n
	t.last.End = e.Time
	e.Loss = &t.last
	return nil
}
