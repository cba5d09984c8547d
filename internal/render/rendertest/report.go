// Package rendertest has one report of every shape and one event of every kind,
// for the golden files of all renderers, and holds JSON against its schema.
package rendertest

import (
	"time"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

// Reports are the shapes of an explanation, by the name of their golden file.
func Reports() map[string]*queue.Report {
	return map[string]*queue.Report{
		"blocked":     blocked(),
		"pins":        pins(),
		"releasing":   releasing(),
		"clear":       one("ordered", clearRing()),
		"independent": independent(),
		"inexact":     inexact(),
		"ended":       ended(),
		"shared":      shared(),
		"no-rings":    one("ordered-deferred"),
	}
}

func one(reclaim string, rings ...queue.RingReport) *queue.Report {
	release := map[string]string{"ordered-deferred": "6.1.0-56-cloud-amd64", "ordered": "6.12.117", "independent": "7.3.4"}
	return &queue.Report{
		Version: 1, Exact: true, Rings: rings,
		Kernel: queue.Kernel{Release: release[reclaim], Reclaim: reclaim},
		Target: queue.Target{PID: 4121, Comm: "dragonfly"},
	}
}

func poll() queue.Request {
	return queue.Request{
		Op: "POLL_ADD", UserData: "0xfeed", Slot: 0, State: "poll",
		Task: queue.Task{TID: 4130, Comm: "Proactor2"},
		File: queue.FileInfo{Kind: "socket", Proto: "tcp", Local: "0.0.0.0:6379", State: "LISTEN", Inode: 81234},
	}
}

func blocked() *queue.Report {
	return one("ordered-deferred", queue.RingReport{
		Ring: 1, FD: 5, Flags: []string{"SINGLE_ISSUER", "DEFER_TASKRUN"}, Exact: true, Slots: 1024,
		Queue: queue.Counts{Nodes: 184332, Pinned: 1, Blocked: 184331, State: queue.Blocked},
		Held: queue.Held{
			Files: 184331, Sockets: 184331, Bytes: 708_837_376, OnlyUs: 184331,
			Kinds: map[string]int{"tcp CLOSE": 184331},
		},
		HeadSeconds: 10843,
		Growth:      &queue.Growth{Nodes: 17, Sockets: 17, Seconds: 10843},
		Seen:        queue.Seen{Removed: 190000, Released: 5668, SocketsReleased: 5668},
		Lifetimes:   &queue.Lifetimes{Long: []int{0}, Churn: []queue.Churn{{Slot: 17, Removals: 100000}, {Slot: 18, Removals: 84000}, {Slot: 19, Removals: 331}}},
		Blockers: []queue.Blocker{{
			Node: 1, References: 1, Found: 1, Requests: []queue.Request{poll()},
			Frees: queue.Frees{Nodes: 184332, Files: 184331, Sockets: 184331, Bytes: 708_837_376},
		}},
		Remedies: remedies(),
	})
}

// remedies are as package queue words them for such a ring.
func remedies() []queue.Remedy {
	return []queue.Remedy{
		{ID: "cancel", When: queue.Now, Text: "in tid 4130, which alone may submit: ASYNC_CANCEL of user_data 0xfeed on ring fd 5; POLL_ADD completes with -125 (ECANCELED)"},
		{ID: "connect", When: queue.Now, Text: "one connection to port 6379 completes it once tid 4130 enters the ring (DEFER_TASKRUN); armed again on slot 0, it blocks again"},
		{ID: "exit", When: queue.Now, Text: "last resort: restart pid 4121; its end releases everything"},
		{ID: "regular-fd", When: queue.InCode, Text: "issue POLL_ADD and all that may wait long on ordinary descriptors, without IOSQE_FIXED_FILE: it then holds no node"},
		{ID: "separate-rings", When: queue.InCode, Text: "or keep long requests and files that come and go in different rings"},
		{ID: "upgrade", When: queue.WithKernel, Text: "Linux 6.13 or newer: what is removed waits for its own requests alone"},
		{ID: "close-fd", When: queue.Never, Text: "closing the listener's descriptor"},
		{ID: "clear-slot", When: queue.Never, Text: "clearing slot 0"},
		{ID: "unregister", When: queue.Never, Text: "unregistering the table (the call hangs)"},
	}
}

func pins() *queue.Report {
	buffer := 3
	read := queue.Request{
		Op: "READ", UserData: "0x2a", Slot: 7, Replaced: true, State: "io-wq", Task: queue.Task{TID: 4131, Comm: "evil\x1b[2J"},
		File: queue.FileInfo{Kind: "fifo", Inode: 77},
	}
	pending := queue.Request{
		Op: "SEND_ZC", UserData: "0x2b", Slot: -1, Buffer: &buffer, State: "io-wq-pending", Task: queue.Task{TID: 4131, Comm: "worker"},
		File: queue.FileInfo{Kind: "socket", Proto: "tcp", Local: "[::1]:443", Remote: "[::1]:50000", State: "ESTABLISHED"},
	}
	unix := queue.Request{Op: "ACCEPT", UserData: "0x0", Multishot: true, Slot: 3, State: "poll", File: queue.FileInfo{Kind: "socket", Proto: "unix"}}
	r := one("ordered", queue.RingReport{
		Ring: 2, FD: 9, Slots: 64,
		Inexact: "5 holders were not found: most likely block I/O in flight, or zero-copy sends that are not acknowledged",
		Queue:   queue.Counts{Nodes: 1500, Pinned: 3, Blocked: 1497, State: queue.Blocked},
		Held: queue.Held{
			Files: 1400, Sockets: 1200, Buffers: 97, Bytes: 4_800_000,
			Kinds: map[string]int{"tcp CLOSE": 1100, "unix": 100, "regular": 200}, OnlyUs: 1197, Shared: 200,
		},
		Blockers: []queue.Blocker{
			{
				Position: 0, Node: 3, References: 2, Found: 1, Requests: []queue.Request{poll()},
				Frees: queue.Frees{Nodes: 500, Files: 480, Sockets: 400, Bytes: 1_600_000},
			},
			{
				Position: 500, Node: 503, References: 2, Found: 2, Requests: []queue.Request{read, pending},
				Frees: queue.Frees{Nodes: 1, Files: 1},
			},
			{
				Position: 501, Node: 504, References: 5, Found: 1, Requests: []queue.Request{unix},
				Frees: queue.Frees{Nodes: 999, Files: 919, Sockets: 800, Buffers: 97, Bytes: 3_200_000},
			},
		},
		Other: []queue.Request{{Op: "POLL_ADD"}, {Op: "READ"}, {Op: "POLL_ADD"}},
	})
	r.Exact = false
	return r
}

func releasing() *queue.Report {
	return one("ordered-deferred", queue.RingReport{
		Ring: 1, FD: 5, Exact: true, Slots: 64,
		Queue: queue.Counts{Nodes: 312, Releasing: 312, State: queue.Releasing},
		Held:  queue.Held{Files: 312, Sockets: 312, Bytes: 1_190_592, Kinds: map[string]int{"tcp CLOSE": 312}, OnlyUs: 312},
		Seen:  queue.Seen{Removed: 312},
	})
}

func clearRing() queue.RingReport {
	return queue.RingReport{
		Ring: 1, FD: 5, Exact: true, Slots: 64, Queue: queue.Counts{State: queue.Clear},
		Seen: queue.Seen{Removed: 1, Released: 1, SocketsReleased: 1}, Other: []queue.Request{{Op: "ACCEPT"}},
	}
}

func independent() *queue.Report {
	pin := poll()
	pin.Replaced = true
	return one("independent", queue.RingReport{
		Ring: 1, FD: 5, Flags: []string{"SINGLE_ISSUER"}, Exact: true, Slots: 64,
		Queue: queue.Counts{Nodes: 1, Pinned: 1, State: queue.Clear},
		Held:  queue.Held{Files: 1, Sockets: 1, Bytes: 3840, Kinds: map[string]int{"tcp LISTEN": 1}},
		Blockers: []queue.Blocker{{
			Node: 4, References: 1, Found: 1, Requests: []queue.Request{pin},
			Frees: queue.Frees{Nodes: 1, Files: 1, Sockets: 1, Bytes: 3840},
		}},
	})
}

func inexact() *queue.Report {
	r := pins()
	r.Lost = queue.Lost{
		Events: 1217, Kinds: map[string]uint64{"node_remove": 1200, "node_zero": 17},
		Repairs: 3, Rings: 2, Socks: 12,
	}
	r.Notes = []string{"bytes are unknown: read slab sizes: permission denied"}
	ring := &r.Rings[0]
	ring.Inexact = "1,217 events were lost and no walk has repaired it yet"
	ring.Queue.Blocked, ring.Queue.Unsettled = 1490, 7
	ring.Held.Shared = 0
	r.Backend, r.NotSeen = "kprobe", []string{"released sockets are not counted (__sock_release: failed)"}
	ring.Blockers = ring.Blockers[:1]
	ring.Blockers[0].References = -1
	ring.Held.Bytes, ring.Blockers[0].Frees.Bytes = 0, 0
	ring.Slots = -1
	return r
}

// shared has rings without a descriptor, and others that have them too, in a pod.
func shared() *queue.Report {
	mapped, registered := clearRing(), clearRing()
	mapped.Ring, mapped.FD, mapped.Seen = 2, -1, queue.Seen{}
	mapped.SharedWith, mapped.MoreShares = []queue.Share{{PID: 4200, FD: -1}, {PID: 4201, FD: 7}}, 12
	index := 3
	registered.FD, registered.Registered, registered.Seen = -1, &index, queue.Seen{}
	r := one("ordered", registered, mapped)
	r.Target.Unit, r.Target.Runtime, r.Target.Container = "cache.service", "containerd", "4f5e6a7b8c9d"
	r.Target.Pod = "7f9c2b1e-3a4d-4e5f-8a6b-1c2d3e4f5a6b"
	return r
}

// All is what was found on a whole host, in rank order.
func All() []queue.Report {
	all := []queue.Report{*blocked(), *pins(), *shared(), *releasing(), *inexact(), *one("ordered-deferred", clearRing())}
	for i := range all {
		all[i].Target.PID += i
		all[i].Kernel = blocked().Kernel
	}
	all[0].Target.Runtime, all[0].Target.Container = "docker", "a1b2c3d4e5f6"
	all[1].Target.Unit = "worker@2.service"
	all[3].Target.Container = "0123456789ab"
	all[4].Target.Pod = "7f9c2b1e-3a4d-4e5f-8a6b-1c2d3e4f5a6b"
	all[4].Rings[0].Queue = queue.Counts{State: queue.Clear}
	all[4].Target.Comm = "evil\x1b[2J"
	queue.Rank(all)
	return all
}

// Tops are two refreshes of top on such a host, two seconds apart: the first ring
// has grown, and one is new.
func Tops() []*render.Top {
	before, after := All(), All()
	before[0].Rings[0].Queue.Nodes -= 34
	before[0].Rings[0].Queue.Blocked -= 34
	before[0].Rings[0].Held.Sockets -= 34
	before = before[:len(before)-1]
	after[len(after)-2].Rings[0].Queue = queue.Counts{Nodes: 1, Pinned: 1, State: queue.Releasing}
	var r render.Refreshes
	return []*render.Top{
		r.Next(before[0].Kernel, before, 10e9, 12*time.Millisecond),
		r.Next(after[0].Kernel, after, 12e9, 12*time.Millisecond),
	}
}

func ended() *queue.Report {
	r := one("ordered", queue.RingReport{
		Ring: 1, FD: -1, Ended: true, Exact: true, Slots: -1, Queue: queue.Counts{State: queue.Clear},
		Seen: queue.Seen{Removed: 1000, Released: 1000, SocketsReleased: 1000},
	}, clearRing())
	r.Rings[1].Ring = 2
	r.Notes = []string{"the process has ended; this is what was last seen while it ran, and its end has released it"}
	return r
}
