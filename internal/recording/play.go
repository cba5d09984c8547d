package recording

import (
	"errors"
	"fmt"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
)

// Player takes a recording into an incident, entry by entry.
type Player struct {
	*Reader
	incident *incident.Incident
	next     events.Entry // that was read and not taken yet
	held     bool         // there is one
	now      uint64       // of what was taken
	begin    uint64       // time of the first entry
	sockets  int          // at the last sample
	taken    int
	err      error
}

// What a process can't have, and a file that claims it is not from a recorder. It
// bounds the memory of who takes it in.
const (
	maxRings = 1 << 16
	maxNodes = 1 << 24
)

var errHuge = fmt.Errorf("damaged: it tells of more than %d rings or %d nodes", maxRings, maxNodes)

// Play begins with an incident of which nothing is known but its subject. Who wants
// to hear of each event sets the incident's Tell.
func Play(r *Reader) *Player {
	return &Player{Reader: r, incident: incident.New(r.Header().Subject()), sockets: -1}
}

// Incident is what is known by now.
func (p *Player) Incident() *incident.Incident { return p.incident }

// Now is the time of the last entry that was taken; 0: there was none.
func (p *Player) Now() uint64 { return p.now }

// Begin is the time of the first entry; 0: there was none yet.
func (p *Player) Begin() uint64 { return p.begin }

// Sockets is how many were in use in the process's network namespace when they were
// counted last; -1: they were not yet.
func (p *Player) Sockets() int { return p.sockets }

// Next takes the next entry, which is valid until the next call. The error is
// io.EOF at the recording's end, or a *CutError, and stays; in both cases the
// incident is what was known then.
func (p *Player) Next() (*events.Entry, error) {
	if err := p.peek(); err != nil {
		return nil, err
	}
	p.held = false
	e := &p.next
	if p.taken == 0 {
		p.begin = e.Time
	}
	if e.Kind == events.Sampled {
		p.sockets = e.Sockets
	}
	p.now = max(p.now, e.Time)
	p.incident.Take(e)
	if p.taken++; p.taken%checkEvery == 0 || e.Walk != nil {
		if rings, nodes := p.incident.State().Size(); rings > maxRings || nodes > maxNodes {
			p.err = p.cut(errHuge)
			return nil, p.err
		}
	}
	return e, nil
}

// checkEvery is how many entries may pass until their size is looked at.
const checkEvery = 1 << 12

func (p *Player) peek() error {
	if p.err == nil && !p.held {
		p.err = p.Reader.Next(&p.next)
		p.held = p.err == nil
	}
	return p.err
}

// Until takes what was learned until a moment, in ns of CLOCK_MONOTONIC. It
// reports whether the recording goes on then.
func (p *Player) Until(moment uint64) (more bool) {
	for p.peek() == nil {
		if p.next.Time > moment {
			return true
		}
		if _, err := p.Next(); err != nil {
			break
		}
	}
	return false
}

// End takes all that there is.
func (p *Player) End() {
	for p.peek() == nil {
		if _, err := p.Next(); err != nil {
			break
		}
	}
}

// Cut is where and why the recording ends early, if reading has come to that.
func (p *Player) Cut() *CutError {
	var cut *CutError
	if errors.As(p.err, &cut) {
		return cut
	}
	return nil
}

// Report explains what was known by now, as it was explained live if it was at this
// moment. If the recording is cut here, a note says so.
func (p *Player) Report() queue.Report { return p.ReportAt(p.now) }

// ReportAt is Report for a moment since the last entry.
func (p *Player) ReportAt(moment uint64) queue.Report {
	report := p.incident.Report(moment)
	if cut := p.Cut(); cut != nil {
		report.Notes = append(report.Notes, cut.Error()+"; this is what was known until there")
	}
	return report
}
