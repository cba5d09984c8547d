package jsonl

import (
	"strconv"

	"uringtrace/internal/events"
)

// line is a JSON object that is being put together. What is empty is left out,
// but for numbers.
type line struct{ b []byte }

func (l *line) key(name string) {
	if l.b[len(l.b)-1] != '{' {
		l.b = append(l.b, ',')
	}
	l.b = append(append(append(l.b, '"'), name...), '"', ':')
}

func (l *line) open(name string) {
	l.key(name)
	l.b = append(l.b, '{')
}

func (l *line) close() { l.b = append(l.b, '}') }

func (l *line) number(name string, v uint64) {
	l.key(name)
	l.b = strconv.AppendUint(l.b, v, 10)
}

func (l *line) integer(name string, v int64) {
	l.key(name)
	l.b = strconv.AppendInt(l.b, v, 10)
}

// hex writes an identity; none is left out.
func (l *line) hex(name string, id uint64) {
	if id == 0 {
		return
	}
	l.key(name)
	l.b = append(strconv.AppendUint(append(l.b, '"', '0', 'x'), id, 16), '"')
}

func (l *line) text(name, v string) {
	if v == "" {
		return
	}
	l.key(name)
	l.quote(v)
}

func (l *line) texts(name string, all []string) {
	if len(all) == 0 {
		return
	}
	l.key(name)
	for i, v := range all {
		l.b = append(l.b, "[,"[min(i, 1)])
		l.quote(v)
	}
	l.b = append(l.b, ']')
}

// quote writes what wants no escapes, as do all names of ours, addresses and numbers: an
// event has no other texts.
func (l *line) quote(v string) { l.b = append(append(append(l.b, '"'), v...), '"') }

func (l *line) resource(r *events.Resource) {
	switch r.Type {
	case events.File:
		l.open("resource")
		l.text("type", "file")
		l.text("kind", r.Kind.String())
		l.text("proto", r.Protocol())
		l.text("local", r.LocalString())
		l.text("remote", r.RemoteString())
		l.text("state", r.StateName())
		l.positive("inode", r.Inode)
		l.positive("refs", uint64(r.Refs))
	case events.Buffer:
		l.open("resource")
		l.text("type", "buffer")
		l.positive("bytes", r.Bytes)
	default:
		return
	}
	l.close()
}

func (l *line) positive(name string, v uint64) {
	if v > 0 {
		l.number(name, v)
	}
}
