package html

import (
	"cmp"
	"slices"

	"uringtrace/internal/history"
	"uringtrace/internal/render/text"
)

// pinData is one pin from its beginning to its end.
type pinData struct {
	Ring     int     `json:"ring"`
	Name     string  `json:"name"` // of the ring
	Node     int     `json:"node"`
	Begin    number  `json:"begin"`
	Older    bool    `json:"older"` // it was there before
	End      *number `json:"end"`   // nil: still held
	How      string  `json:"how"`
	Position int     `json:"position"` // -1: unknown
	Requests []int   `json:"requests"` // texts
	More     int     `json:"more"`     // references that are not among them
	Waiting  int     `json:"waiting"`  // nodes behind it, as last read
	Sockets  int     `json:"sockets"`  // that its end would have released, likewise
	Released int     `json:"released"` // nodes that left the queue with its end
}

func (b *builder) pins() {
	all := b.history.Pins()
	shorter, _ := b.history.PinsLeftOut()
	if more := len(all) - mostPins; more > 0 {
		shorter += more
		_, end := b.history.Span()
		slices.SortStableFunc(all, func(x, y history.Pin) int { return cmp.Compare(held(&y, end), held(&x, end)) })
		all = all[:mostPins]
	}
	b.LeftOut.Pins = shorter
	b.Pins = make([]pinData, 0, len(all))
	for i := range all {
		b.Pins = append(b.Pins, b.pin(&all[i]))
	}
}

// held is for how long a pin was held.
func held(p *history.Pin, now uint64) uint64 {
	if p.End == history.StillHeld {
		return now - p.Begin
	}
	return p.Ended - p.Begin
}

func (b *builder) pin(p *history.Pin) pinData {
	out := pinData{
		Ring: p.Ring, Name: b.names[p.Ring], Node: p.Node, Begin: b.at(p.Begin), Older: p.Older, How: string(p.End),
		Position: -1, Requests: []int{}, Released: p.Released,
	}
	if p.Ended != 0 {
		end := b.at(p.Ended)
		out.End = &end
	}
	if p.Read != 0 {
		out.Position, out.Waiting, out.Sockets = p.Position, max(p.Frees.Nodes-1, 0), p.Frees.Sockets
		out.More = max(p.References-len(p.Requests), 0)
	}
	for i := range p.Requests {
		out.Requests = append(out.Requests, b.text(text.Request(&p.Requests[i])))
	}
	return out
}
