package text

import (
	"fmt"
	"strconv"
	"strings"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// Event is one event as a line without its end: time in seconds since boot, ring,
// kind, node, details. Kernel addresses are shown only if asked for.
func Event(e *events.Event, ring, node int, addresses bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6d.%06d  ring %-3s %-12s ", e.Time/1e9, e.Time%1e9/1e3, number(ring), e.Kind)
	column := ""
	if e.Node != 0 || node != 0 {
		column = "node " + number(node)
	}
	fmt.Fprintf(&b, "%-12s ", column)
	parts := details(e)
	if e.TID != 0 {
		parts = append(parts, "tid "+strconv.FormatUint(uint64(e.TID), 10))
	}
	if addresses {
		parts = append(parts, eventAddresses(e)...)
	}
	b.WriteString(strings.Join(parts, "  "))
	return strings.TrimRight(b.String(), " ")
}

// number writes a small number of ours; 0 is none: the thing was gone before it
// could be given one.
func number(n int) string {
	if n == 0 {
		return "?"
	}
	return strconv.Itoa(n)
}

func details(e *events.Event) []string {
	switch e.Kind {
	case events.RingCreate:
		parts := []string{"fd " + strconv.Itoa(int(e.FD))}
		if e.Flags != 0 {
			parts = append(parts, strings.Join(queue.FlagNames(e.Flags), ","))
		}
		return parts
	case events.Register:
		return []string{fmt.Sprintf("%s = %d", queue.RegisterOpName(e.Opcode), e.Result)}
	case events.NodeRemove, events.NodeSlot:
		parts := []string{"slot " + strconv.FormatUint(uint64(e.Slot), 10), resource(&e.Resource)}
		if e.Tag != 0 {
			parts = append(parts, "tag 0x"+strconv.FormatUint(e.Tag, 16))
		}
		return parts
	case events.NodeSwitch:
		if e.Node == 0 {
			return []string{"nothing was queued"}
		}
	case events.SockRelease:
		return []string{released(&e.Resource)}
	}
	return nil
}

// released is a socket that is no more: often all that is left is its inode.
func released(r *events.Resource) string {
	switch {
	case r.IsSocket():
		return resource(r)
	case r.Inode != 0:
		return "socket inode " + strconv.FormatUint(r.Inode, 10)
	}
	return "socket"
}

// resource describes what a node holds.
func resource(r *events.Resource) string {
	text := "nothing"
	switch {
	case r.Type == events.Buffer:
		text = "buffer"
		if r.Bytes > 0 {
			text += " of " + size(r.Bytes)
		}
	case r.IsSocket():
		text = socket(r.Protocol(), r.LocalString(), r.RemoteString(), r.StateName())
	case r.Type == events.File:
		text = r.Kind.String() + " file"
		if r.Inode != 0 {
			text += " inode " + strconv.FormatUint(r.Inode, 10)
		}
	}
	if r.Refs > 0 {
		text += "  refs " + strconv.FormatUint(uint64(r.Refs), 10)
	}
	return text
}

func eventAddresses(e *events.Event) []string {
	var parts []string
	for _, a := range []struct {
		name  string
		value uint64
	}{
		{"ring", e.Ring},
		{"node", e.Node},
		{"next", e.Next},
		{"first", e.First},
		{"tail", e.Tail},
		{"resource", e.Resource.ID},
		{"sock", e.Resource.Sock},
	} {
		if a.value != 0 {
			parts = append(parts, fmt.Sprintf("%s@%x", a.name, a.value))
		}
	}
	return parts
}
