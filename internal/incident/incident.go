package incident

import (
	"fmt"
	"slices"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// Incident is what is known of one process. It is not safe for concurrent use.
type Incident struct {
	subject Subject
	state   *queue.State
	loss    events.Loss
	last    *queue.Report // the explanation when it last had blockers
	walked  *queue.Report // the explanation at the last walk
	heads   map[int]int   // ring -> head node that the holders were read for
	stacks  map[uint32]events.Stack
	exited  bool

	// Tell is called with every event, once it is taken in, and the small stable
	// numbers of its ring and node. nil: nobody listens.
	Tell func(e *events.Event, ring, node int)
	// Log is called with everything that is learned, before it is taken in; it must
	// not keep what the entry points to. nil: nothing is written down.
	Log func(*events.Entry)
}

// New is an incident of which nothing is known but its subject.
func New(s *Subject) *Incident {
	return &Incident{subject: *s, state: queue.New(s.Reclaim), heads: make(map[int]int), stacks: make(map[uint32]events.Stack)}
}

// Subject is what was observed.
func (i *Incident) Subject() *Subject { return &i.subject }

// State is what the rings are. It changes with what is learned and must not be
// changed otherwise.
func (i *Incident) State() *queue.State { return i.state }

// Take learns from an entry that was written down.
func (i *Incident) Take(e *events.Entry) {
	switch e.Kind {
	case events.Heard:
		i.Hear(e.Event)
	case events.Unheard:
		i.Unheard(e.Time, e.Ring, e.Why, e.Settles)
	case events.Joined:
		i.Join(e.Time, e.Walk, e.Window)
	case events.Held:
		i.Hold(e.Time, e.Walk)
	case events.Checked:
		i.Check(e.Time, e.Walk)
	case events.Lost:
		i.Lose(e.Time, e.Loss)
	case events.Counted:
		i.Count(e.Time, e.Removals)
	case events.Exited:
		i.Exit(e.Time)
	case events.Stacked:
		i.Stack(e.Time, e.Stack)
	case events.Sampled, events.Explained:
		// The first changes nothing that is known of rings; the second is the
		// question, not an answer.
	}
}

func (i *Incident) log(e events.Entry) {
	if i.Log != nil {
		i.Log(&e)
	}
}

// Hear takes in an event.
func (i *Incident) Hear(e *events.Event) {
	if i.Log != nil {
		i.Log(&events.Entry{Kind: events.Heard, Time: e.Time, Event: e})
	}
	i.state.Apply(e)
	i.tell(e)
}

func (i *Incident) tell(e *events.Event) {
	if i.Tell != nil {
		ring, node := i.state.Number(e.Ring, e.Node)
		i.Tell(e, ring, node)
	}
}

// Unheard says before a Join that events of a ring are not in its window; see
// queue.State.Unheard. Times here and below are in ns of CLOCK_MONOTONIC.
func (i *Incident) Unheard(now, ring uint64, why string, settles bool) {
	i.log(events.Entry{Kind: events.Unheard, Time: now, Ring: ring, Why: why, Settles: settles})
	i.state.Unheard(ring, why, settles)
}

// Join lays the events of a window over a walk; see queue.State.Merge. It reports
// whether the state is exact then, as far as a walk can make it so.
func (i *Incident) Join(now uint64, walk *events.Walk, window []events.Event) bool {
	i.log(events.Entry{Kind: events.Joined, Time: now, Walk: walk, Window: window})
	settled := i.state.MergeTelling(walk, window, i.tell)
	i.note(now)
	return settled
}

// Hold takes from a walk who holds what; everything that came until its end must
// have been heard.
func (i *Incident) Hold(now uint64, walk *events.Walk) {
	i.log(events.Entry{Kind: events.Held, Time: now, Walk: walk})
	i.hold(now, walk)
}

func (i *Incident) hold(now uint64, walk *events.Walk) {
	i.state.Holders(walk)
	i.note(now)
}

// Check is Hold, and holds the walk against what the events say; see
// queue.State.Check.
func (i *Incident) Check(now uint64, walk *events.Walk) {
	i.log(events.Entry{Kind: events.Checked, Time: now, Walk: walk})
	i.hold(now, walk)
	i.state.Check(walk)
}

// Lose takes the total of what was lost; all that was sent before it was counted
// must have been heard.
func (i *Incident) Lose(now uint64, loss *events.Loss) {
	i.log(events.Entry{Kind: events.Lost, Time: now, Loss: loss})
	i.loss = *loss
	i.state.MarkLost(*loss)
}

// Count takes the totals of removals for who hears no events.
func (i *Incident) Count(now uint64, removals []events.Removals) {
	i.log(events.Entry{Kind: events.Counted, Time: now, Removals: removals})
	i.state.Removals(removals)
}

// Stack says what the id of a stack stands for.
func (i *Incident) Stack(now uint64, stack *events.Stack) {
	i.log(events.Entry{Kind: events.Stacked, Time: now, Stack: stack})
	i.stacks[stack.ID] = events.Stack{ID: stack.ID, Frames: slices.Clone(stack.Frames)}
}

// Stacks are those that are known, by id. They must not be changed.
func (i *Incident) Stacks() map[uint32]events.Stack { return i.stacks }

// Sample has written down how many sockets are in use.
func (i *Incident) Sample(now uint64, sockets int) {
	i.log(events.Entry{Kind: events.Sampled, Time: now, Sockets: sockets})
}

// Exit says that the process has ended.
func (i *Incident) Exit(now uint64) {
	if i.exited {
		return
	}
	i.log(events.Entry{Kind: events.Exited, Time: now})
	i.exited = true
}

// Exited reports whether the process has ended.
func (i *Incident) Exited() bool { return i.exited }

// Loss is the total of what did not arrive.
func (i *Incident) Loss() *events.Loss { return &i.loss }

// Lost is that in print, and how often a walk has put it right.
func (i *Incident) Lost() queue.Lost { return i.state.Lost(&i.loss) }

// NewHead reports whether a queue has another head than the one whose holders were
// read last.
func (i *Incident) NewHead() bool {
	return slices.ContainsFunc(i.state.Status(), func(s queue.Status) bool {
		return s.Nodes > 0 && i.heads[s.Ring] != s.Head
	})
}

// note remembers which heads the holders are known for and, if there are any, what
// the explanation was: a process that is killed has none left.
func (i *Incident) note(now uint64) {
	clear(i.heads) // rings come and go for days
	for _, s := range i.state.Status() {
		i.heads[s.Ring] = s.Head
	}
	report := i.Explain(now)
	i.walked = &report
	if slices.ContainsFunc(report.Rings, func(r queue.RingReport) bool { return len(r.Blockers) > 0 }) {
		i.last = &report
	}
}

// Walked is the explanation as of the last walk; nil: there was none yet.
func (i *Incident) Walked() *queue.Report { return i.walked }

// Report explains what is. If the process has ended, it is what was last seen
// blocked, or what the events say.
func (i *Incident) Report(now uint64) queue.Report {
	i.log(events.Entry{Kind: events.Explained, Time: now})
	if !i.exited || i.last == nil {
		return i.Explain(now)
	}
	report := *i.last
	report.Notes = append(slices.Clip(report.Notes), "the process has ended; this is what was last seen while it ran, and its end has released it")
	report.Lost = i.Lost()
	if since := report.Lost.Events - i.last.Lost.Events; since > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%d of the events that were lost were lost after that", since))
	}
	return report
}

// Absorb is for who only walks, and needs the walk no more; see queue.State.Absorb.
// It is not written down.
func (i *Incident) Absorb(walk *events.Walk) { i.state.Absorb(walk) }

// Explain explains what the rings are, whether or not the process has ended.
func (i *Incident) Explain(now uint64) queue.Report { return i.ExplainAfter(i.subject.Settle, now) }

// ExplainAfter is Explain with a settle time of its own.
func (i *Incident) ExplainAfter(settle time.Duration, now uint64) queue.Report {
	s := &i.subject
	return i.state.Explain(queue.Input{
		Release: s.Release, Target: s.Target, Costs: s.Costs, Loss: i.loss,
		Backend: s.Backend, NotSeen: s.NotSeen, Notes: s.Notes, Now: now, Settle: settle,
	})
}
