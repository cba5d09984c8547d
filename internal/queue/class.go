package queue

import "uringtrace/internal/events"

// class is what resources have in common as far as the report tells them
// apart; an item keeps this number and not the whole resource.
type class uint16

const (
	noClass class = iota
	unknownClass
	maxClasses = 1<<16 - 1
)

type classKey struct {
	family, proto uint16
	kind          events.FileKind
	typ           events.ResourceType
	state         uint8
	stack         uint32 // that had put it into its slot; 0: not known
}

type classInfo struct {
	name   string // "tcp CLOSE", "regular", ...
	proto  string // sockets
	file   bool
	socket bool
	buffer bool
	key    classKey
}

// classes interns; index 0 is no resource.
type classes struct {
	index map[classKey]class
	infos []classInfo
	last  classKey // most resources are like the one before
	same  class

	stacked bool // there are resources whose stack is known
}

func newClasses() *classes {
	return &classes{
		index: make(map[classKey]class),
		infos: []classInfo{{}, {name: "unknown"}},
	}
}

func (c *classes) of(r *events.Resource) class {
	if r.Type == events.NoResource {
		return unknownClass
	}
	key := classKey{r.Family, r.Proto, r.Kind, r.Type, r.State, 0}
	if key == c.last && c.same != noClass {
		return c.same
	}
	n, ok := c.index[key]
	if !ok {
		n = c.add(key, r)
	}
	c.last, c.same = key, n
	return n
}

func (c *classes) add(key classKey, r *events.Resource) class {
	if len(c.infos) > maxClasses {
		return unknownClass
	}
	n := class(len(c.infos))
	c.index[key] = n
	c.infos = append(c.infos, classInfo{
		name: kindName(r), proto: r.Protocol(), file: r.Type == events.File,
		socket: r.IsSocket(), buffer: r.Type == events.Buffer, key: key,
	})
	return n
}

// by is the class of the same resources, put into their slots by a stack. Where
// there is no room for it, the stack is forgotten.
func (c *classes) by(n class, stack uint32) class {
	info := c.infos[n]
	if stack == 0 || info.key.stack == stack || info.key.typ == events.NoResource {
		return n
	}
	info.key.stack = stack
	if known, ok := c.index[info.key]; ok {
		return known
	}
	if len(c.infos) > maxClasses {
		return n
	}
	c.stacked = true
	c.index[info.key] = class(len(c.infos))
	c.infos = append(c.infos, info)
	return c.index[info.key]
}

// stack is the one that put resources of a class into their slots.
func (c *classes) stack(n class) uint32 { return c.infos[n].key.stack }

func kindName(r *events.Resource) string {
	if r.Type == events.Buffer {
		return "buffer"
	}
	proto := r.Protocol()
	if proto == "" {
		return r.Kind.String()
	}
	if state := r.StateName(); state != "" {
		return proto + " " + state
	}
	return proto
}
