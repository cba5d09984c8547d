//go:build giouring && linux

package play

import (
	"fmt"
	"time"
)

// churn makes the removals at the pace asked for, and leaves the later pins on the
// way.
func (s *scene) churn(p plan) error {
	before, err := socketsUsed()
	if err != nil {
		return err
	}
	s.done.SocketsUsedBefore, s.done.ChurnSlot = before, churnSlot
	later := p.later
	begin := time.Now()
	for i := range s.options.Sockets {
		for len(later) > 0 && i >= int(later[0].after*float64(s.options.Sockets)) {
			if err := later[0].leave(s); err != nil {
				return err
			}
			later = later[1:]
		}
		if s.options.Pace > 0 {
			// Due times are counted from the start, so a late one is caught up.
			due := time.Duration(float64(i) / s.options.Pace * float64(time.Second))
			time.Sleep(due - time.Since(begin))
		}
		if err := p.remove(s); err != nil {
			return fmt.Errorf("removal %d of %d: %w", i+1, s.options.Sockets, err)
		}
	}
	s.done.ElapsedNS = time.Since(begin).Nanoseconds()
	for _, g := range s.rigs {
		s.done.Removals = append(s.done.Removals, g.removals)
	}
	return nil
}
