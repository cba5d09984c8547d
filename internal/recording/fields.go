package recording

import (
	"uringtrace/internal/events"
)

// context is what the next records of a block are expected to be like: the last
// ones of the same kind in it.
type context struct {
	time    uint64
	event   [16]events.Event // by kind
	ring    events.WalkRing
	node    events.WalkNode
	request events.WalkRequest
	walk    events.Walk // its times
	loss    events.Loss // likewise
	frame   events.Frame
	at      uint64 // ring of the last loss, removals, or ring that was not heard
}

// The fields that differ most often come first: that keeps masks short. New fields
// go to the end of a record, which older versions then refuse as unknown; that
// needs another format version.

// fields are those of an event but its kind, which must be set.
func (x *context) fields(c *coder, e *events.Event) {
	last := &x.event[int(e.Kind)%len(x.event)]
	c.begin()
	num(c, &e.Time, x.time)
	num(c, &e.Node, last.Node)
	resource(c, &e.Resource, &last.Resource)
	num(c, &e.Tail, last.Tail)
	num(c, &e.First, last.First)
	num(c, &e.Next, last.Next)
	num(c, &e.Slot, last.Slot)
	num(c, &e.TID, last.TID)
	num(c, &e.Stack, last.Stack)
	num(c, &e.Ring, last.Ring)
	num(c, &e.Opcode, last.Opcode)
	num(c, &e.Result, last.Result)
	num(c, &e.Tag, last.Tag)
	num(c, &e.FD, last.FD)
	num(c, &e.Flags, last.Flags)
	c.end()
	x.time, *last = e.Time, *e
}

func resource(c *coder, r, last *events.Resource) {
	num(c, &r.ID, last.ID)
	num(c, &r.Sock, last.Sock)
	num(c, &r.Inode, last.Inode)
	num(c, &r.Local.Port, last.Local.Port)
	num(c, &r.Remote.Port, last.Remote.Port)
	num(c, &r.State, last.State)
	num(c, &r.Refs, last.Refs)
	c.addr(&r.Local.Addr, last.Local.Addr)
	c.addr(&r.Remote.Addr, last.Remote.Addr)
	num(c, &r.Family, last.Family)
	num(c, &r.Proto, last.Proto)
	num(c, &r.Type, last.Type)
	num(c, &r.Kind, last.Kind)
	num(c, &r.Bytes, last.Bytes)
	num(c, &r.Pages, last.Pages)
}

func walkNode(c *coder, n, last *events.WalkNode) {
	c.begin()
	num(c, &n.Node, last.Node)
	num(c, &n.Put, last.Put)
	resource(c, &n.Resource, &last.Resource)
	num(c, &n.Refs, last.Refs)
	num(c, &n.Slot, last.Slot)
	num(c, &n.Place, last.Place)
	c.flag(&n.First, last.First)
	c.flag(&n.Done, last.Done)
	num(c, &n.Tag, last.Tag)
	num(c, &n.Ring, last.Ring)
	c.end()
	*last = *n
}

func walkRing(c *coder, r, last *events.WalkRing) {
	c.begin()
	num(c, &r.Ring, last.Ring)
	num(c, &r.Active, last.Active)
	num(c, &r.CachedRefs, last.CachedRefs)
	num(c, &r.Torn, last.Torn)
	num(c, &r.Loose, last.Loose)
	num(c, &r.FD, last.FD)
	num(c, &r.Registered, last.Registered)
	num(c, &r.TGID, last.TGID)
	num(c, &r.Flags, last.Flags)
	num(c, &r.Slots, last.Slots)
	num(c, &r.Buffers, last.Buffers)
	num(c, &r.MoreOthers, last.MoreOthers)
	num(c, &r.Beyond, last.Beyond)
	num(c, &r.Reclaim, last.Reclaim)
	c.words(&r.Others)
	c.end()
	*last = *r
}

func walkRequest(c *coder, q, last *events.WalkRequest) {
	c.begin()
	num(c, &q.Request, last.Request)
	num(c, &q.FileNode, last.FileNode)
	num(c, &q.UserData, last.UserData)
	num(c, &q.Slot, last.Slot)
	resource(c, &q.File, &last.File)
	num(c, &q.BufNode, last.BufNode)
	num(c, &q.Flags, last.Flags)
	num(c, &q.Buffer, last.Buffer)
	num(c, &q.TID, last.TID)
	num(c, &q.Stack, last.Stack)
	num(c, &q.Opcode, last.Opcode)
	num(c, &q.Found, last.Found)
	num(c, &q.Shots, last.Shots)
	c.flag(&q.Replaced, last.Replaced)
	c.text(&q.Comm, last.Comm)
	num(c, &q.Ring, last.Ring)
	c.end()
	*last = *q
}

func (x *context) share(c *coder, s *events.WalkShare) {
	c.begin()
	num(c, &s.Ring, x.at)
	num(c, &s.FD, 0)
	num(c, &s.TGID, 0)
	c.end()
	x.at = s.Ring
}

// span is when a walk was taken and when it was taken in.
func (x *context) span(c *coder, time *uint64, w *events.Walk) {
	c.begin()
	num(c, time, x.time)
	num(c, &w.Begin, x.walk.Begin)
	num(c, &w.End, w.Begin)
	c.end()
	x.time, x.walk.Begin = *time, w.Begin
}

func (x *context) moment(c *coder, e *events.Entry) {
	c.begin()
	num(c, &e.Time, x.time)
	num(c, &e.Ring, x.at)
	c.text(&e.Why, "")
	c.flag(&e.Settles, false)
	num(c, &e.Sockets, 0)
	c.end()
	x.time, x.at = e.Time, e.Ring
}

// lossTotals is all of a loss but its maps.
func (x *context) lossTotals(c *coder, l *events.Loss) {
	c.begin()
	num(c, &l.Begin, x.loss.Begin)
	num(c, &l.End, l.Begin)
	num(c, &l.Elsewhere, x.loss.Elsewhere)
	num(c, &l.Socks, x.loss.Socks)
	num(c, &l.Rings, x.loss.Rings)
	num(c, &l.Calls, x.loss.Calls)
	num(c, &l.Missed, x.loss.Missed)
	num(c, &l.Broken, x.loss.Broken)
	c.end()
	x.loss = *l
}

// frame is one of a stack's.
func frame(c *coder, f, last *events.Frame) {
	c.begin()
	num(c, &f.Address, last.Address)
	c.text(&f.Function, last.Function)
	c.text(&f.File, last.File)
	num(c, &f.Line, last.Line)
	c.text(&f.Module.Path, last.Module.Path)
	c.text(&f.Module.BuildID, last.Module.BuildID)
	num(c, &f.Module.Start, last.Module.Start)
	num(c, &f.Module.End, last.Module.End)
	num(c, &f.Module.Offset, last.Module.Offset)
	c.end()
	*last = *f
}
