package queue

const (
	simRings    = 3
	simSlots    = 12
	simBuffers  = 4
	simRequests = 8
)

// op begins something that a process may do, on some ring.
func (k *sim) op() {
	if len(k.rings) == 0 || len(k.rings) < simRings && k.chance(2) {
		k.create()
		return
	}
	r := k.rings[k.rnd.IntN(len(k.rings))]
	if r.exiting {
		return
	}
	if r.files.slots == nil && !r.files.quiesce {
		k.register(&r.files, 1+k.rnd.IntN(simSlots))
		return
	}
	switch n := k.rnd.IntN(1000); {
	case n < 10*k.ends:
		if len(r.requests) > 0 {
			k.finish(r.requests[k.rnd.IntN(len(r.requests))])
		}
	case r.users >= simRequests:
	case n < 350:
		if len(r.requests)+r.users < simRequests {
			k.submit(r)
		}
	case n < 650:
		k.update(&r.files, simUpdate*uint32(k.rnd.IntN(2)))
	case n < 750:
		k.update(&r.buffers, simUpdate)
	case n < 900:
		k.direct(&r.files, k.chance(50))
	case n < 960:
		k.openOrClose()
	default:
		k.rarely(r)
	}
}

func (k *sim) rarely(r *simRing) {
	switch k.rnd.IntN(12) {
	case 0:
		k.exit(r)
	case 1:
		k.unregister(&r.files)
	case 2:
		k.unregister(&r.buffers)
	default:
		k.register(&r.buffers, 1+k.rnd.IntN(simBuffers))
	}
}
