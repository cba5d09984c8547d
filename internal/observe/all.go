//go:build linux

package observe

import (
	"context"
	"errors"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// ExplainAll answers for every process with rings, without hooks, in the order
// of what they hold. A ring that several processes have is explained once, in the
// report of the first of them. No report means that nobody has a ring.
func ExplainAll(ctx context.Context, o AllOptions) (_ []queue.Report, err error) {
	h, err := OpenHost()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	h.walker.Progress = o.Progress
	if err := h.Look(ctx); err != nil {
		return nil, err
	}
	if o.Between > 0 && h.suspicious() {
		if err := sleep(ctx, o.Between); err != nil {
			return nil, err
		}
		if err := h.Look(ctx); err != nil {
			return nil, err
		}
	}
	// Blocked is what has stood since the first look; a new head has to prove
	// itself yet.
	return h.explain(h.looked()), nil
}

// split divides a walk by the processes that its rings are named after.
func split(w *events.Walk) map[uint32]*events.Walk {
	parts := make(map[uint32]*events.Walk)
	owners := make(map[uint64]*events.Walk, len(w.Rings))
	for i := range w.Rings {
		r := &w.Rings[i]
		part := parts[r.TGID]
		if part == nil {
			part = &events.Walk{Begin: w.Begin, End: w.End}
			parts[r.TGID] = part
		}
		part.Rings = append(part.Rings, *r)
		owners[r.Ring] = part
	}
	for i := range w.Shares {
		if part := owners[w.Shares[i].Ring]; part != nil {
			part.Shares = append(part.Shares, w.Shares[i])
		}
	}
	for i := range w.Requests {
		if part := owners[w.Requests[i].Ring]; part != nil {
			part.Requests = append(part.Requests, w.Requests[i])
		}
	}
	dealNodes(w, owners)
	return parts
}

// dealNodes gives each part its nodes, as they are: there can be millions.
func dealNodes(w *events.Walk, owners map[uint64]*events.Walk) {
	for i := range w.Nodes {
		if part := owners[w.Nodes[i].Ring]; part != nil {
			part.Nodes = append(part.Nodes, w.Nodes[i])
		}
	}
	for _, nodes := range w.More {
		if part := owners[nodes.Ring()]; part != nil {
			part.More = append(part.More, nodes)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
