package recording

import (
	"math/rand/v2"
	"reflect"
	"slices"

	"uringtrace/internal/events"
)

// random fills v with anything that its type can hold, now and then with nothing.
func random(rnd *rand.Rand, v reflect.Value) {
	if rnd.IntN(3) == 0 && v.Kind() != reflect.Struct {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rnd.Uint64() >> rnd.IntN(64) & (1<<v.Type().Bits() - 1))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(rnd.Uint64()) >> rnd.IntN(64) << (64 - v.Type().Bits()) >> (64 - v.Type().Bits()))
	case reflect.String:
		word := make([]byte, rnd.IntN(20))
		for i := range word {
			word[i] = byte(rnd.Uint32())
		}
		v.SetString(string(word))
	case reflect.Array:
		for i := range v.Len() {
			random(rnd, v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+rnd.IntN(6), 8))
		for i := range v.Len() {
			random(rnd, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + rnd.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			random(rnd, key)
			random(rnd, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			random(rnd, v.Field(i))
		}
	}
}

func some[T any](rnd *rand.Rand) *T {
	v := new(T)
	random(rnd, reflect.ValueOf(v).Elem())
	return v
}

// someWalk has nodes of few rings, and most of those of the last one.
func someWalk(rnd *rand.Rand, last []events.WalkNode) *events.Walk {
	w := &events.Walk{Begin: rnd.Uint64(), End: rnd.Uint64()}
	w.Rings, w.Shares, w.Requests = *some[[]events.WalkRing](rnd), *some[[]events.WalkShare](rnd), *some[[]events.WalkRequest](rnd)
	for i := range last {
		if rnd.IntN(8) > 0 {
			w.Nodes = append(w.Nodes, last[i])
		}
	}
	for range rnd.IntN(30) {
		n := *some[events.WalkNode](rnd)
		n.Ring = uint64(rnd.IntN(3))
		w.Nodes = slices.Insert(w.Nodes, rnd.IntN(len(w.Nodes)+1), n)
	}
	return w
}

// someEntries is n entries of all kinds.
func someEntries(rnd *rand.Rand, n int) []events.Entry {
	var out []events.Entry
	var last []events.WalkNode
	event := func() *events.Event {
		e := some[events.Event](rnd)
		e.Kind = events.Kinds()[rnd.IntN(len(events.Kinds()))]
		return e
	}
	for range n {
		e := events.Entry{Kind: events.EntryKind(1 + rnd.IntN(int(events.Stacked))), Time: rnd.Uint64()}
		switch e.Kind {
		case events.Heard:
			e.Event = event()
			e.Time = e.Event.Time
		case events.Unheard:
			e.Ring, e.Why, e.Settles = rnd.Uint64(), *some[string](rnd), rnd.IntN(2) == 0
		case events.Joined, events.Held, events.Checked:
			e.Walk = someWalk(rnd, last)
			last = e.Walk.Nodes
			for range rnd.IntN(5) {
				if e.Kind == events.Joined {
					e.Window = append(e.Window, *event())
				}
			}
		case events.Lost:
			e.Loss = some[events.Loss](rnd)
		case events.Counted:
			e.Removals = *some[[]events.Removals](rnd)
		case events.Stacked:
			e.Stack = some[events.Stack](rnd)
			e.Stack.ID %= maxStacks
		case events.Sampled:
			e.Sockets = *some[int](rnd)
		}
		out = append(out, e)
	}
	return out
}

// plain is a copy of an entry that is comparable to others: nodes are unpacked, and
// nothing is the same as none.
func plain(e *events.Entry) events.Entry {
	out := *e
	if e.Event != nil {
		event := *e.Event
		out.Event = &event
	}
	out.Window = slices.Clone(e.Window[:len(e.Window):len(e.Window)])
	if len(out.Window) == 0 {
		out.Window = nil
	}
	if e.Walk != nil {
		w := *e.Walk
		w.Nodes, w.More = nil, nil
		e.Walk.EachNode(func(n *events.WalkNode) { w.Nodes = append(w.Nodes, *n) })
		w.Rings, w.Shares, w.Requests = slices.Clone(w.Rings), slices.Clone(w.Shares), slices.Clone(w.Requests)
		out.Walk = &w
	}
	if e.Loss != nil {
		l := *e.Loss
		out.Loss = &l
	}
	out.Removals = slices.Clone(e.Removals)
	if len(out.Removals) == 0 {
		out.Removals = nil
	}
	return out
}

// addresses are all kernel addresses of a plain entry, in a fixed order, but for
// those that are keys.
func addresses(e *events.Entry) []*uint64 {
	out := []*uint64{&e.Ring}
	resource := func(r *events.Resource) { out = append(out, &r.ID, &r.Sock) }
	event := func(v *events.Event) {
		out = append(out, &v.Ring, &v.Node, &v.Next, &v.First, &v.Tail)
		resource(&v.Resource)
	}
	if e.Event != nil {
		event(e.Event)
	}
	for i := range e.Window {
		event(&e.Window[i])
	}
	if w := e.Walk; w != nil {
		for i := range w.Rings {
			out = append(out, &w.Rings[i].Ring, &w.Rings[i].Active)
		}
		for i := range w.Shares {
			out = append(out, &w.Shares[i].Ring)
		}
		for i := range w.Requests {
			q := &w.Requests[i]
			out = append(out, &q.Ring, &q.Request, &q.FileNode, &q.BufNode)
			resource(&q.File)
		}
		for i := range w.Nodes {
			out = append(out, &w.Nodes[i].Ring, &w.Nodes[i].Node, &w.Nodes[i].Put)
			resource(&w.Nodes[i].Resource)
		}
	}
	for i := range e.Removals {
		out = append(out, &e.Removals[i].Ring)
	}
	return out
}
