package probe

import (
	"slices"

	"uringtrace/internal/events"
)

// Backend is the way in which kernel functions are hooked.
type Backend string

// The backends. Auto takes fentry where the kernel has it, else kprobe, else
// None: tracepoints and walks alone.
const (
	Auto   Backend = "auto"
	Kprobe Backend = "kprobe"
	Fentry Backend = "fentry"
	None   Backend = "none"
)

// Backends lists them for flags.
func Backends() []Backend { return []Backend{Auto, Fentry, Kprobe, None} }

// hook is one place in the kernel that is listened to, with its programs in
// bpf/hooks*.h. The table of hooks is the only place that knows them.
type hook struct {
	name     string           // what it tells, in our words
	function string           // kernel function or tracepoint
	reclaims []events.Reclaim // generations whose life of a node passes here
	entry    string           // kprobe program at the function's entry
	ret      string           // kprobe program at its return
	fentry   string           // fentry or fexit program
	tracing  string           // tp_btf program, for backends without another
	// tracepoint is where tracing goes if it is none with BTF: those can't see
	// arguments of every type.
	tracepoint string
	again      string        // tracing once more, for what happens where that is preempted
	fires      []events.Kind // kinds that it sends; the self-test expects them
	atLeast    uint64        // of those, how many the self-test provokes; 0: it does not
	use        string        // what it is needed for
	without    string        // what is lost without it
}

var (
	allReclaims = []events.Reclaim{events.OrderedDeferred, events.Ordered, events.Independent}
	onA         = []events.Reclaim{events.OrderedDeferred}
	onB         = []events.Reclaim{events.Ordered}
	onC         = []events.Reclaim{events.Independent}
)

// hooks is the table. Which functions are hooked on which generation, and why
// others that look better are not (inlined callers, functions that attach and
// never fire), was measured on 6.1, 6.12 and 7.3.
func hooks() []hook {
	all := append(ringHooks(), orderedHooks()...)
	return append(all, independentHooks()...)
}

func ringHooks() []hook {
	return []hook{
		{
			name: "ring created", function: "io_uring:io_uring_create", reclaims: allReclaims,
			tracing: "ring_create", fires: []events.Kind{events.RingCreate}, atLeast: 1,
			use: "new rings of the target", without: "rings made after attaching are found by walks only",
		},
		{
			name: "register call", function: "io_uring:io_uring_register", reclaims: allReclaims,
			tracing: "ring_register", fires: []events.Kind{events.Register}, atLeast: 3,
			use: "calls of io_uring_register and their results", without: "register calls are not shown",
		},
		{
			name: "ring closed", function: "io_ring_ctx_wait_and_kill", reclaims: allReclaims,
			entry: "k_ring_exit", fentry: "f_ring_exit", fires: []events.Kind{events.RingExit}, atLeast: 1,
			use: "the moment a ring is closed", without: "a closed ring is noticed by the next walk only",
		},
		{
			name: "ring freed", function: "io_ring_exit_work", reclaims: allReclaims,
			tracing: "ring_gone", tracepoint: "workqueue_execute_end", again: "ring_gone_again",
			fires: []events.Kind{events.RingGone}, atLeast: 1,
			use: "the moment a ring's address may be used again", without: "a new ring at an old address starts inexact",
		},
		{
			name: "socket released", function: "__sock_release", reclaims: allReclaims,
			entry: "k_sock_release", fentry: "f_sock_release", fires: []events.Kind{events.SockRelease}, atLeast: 1,
			use: "sockets that were truly released", without: "released sockets are not counted",
		},
	}
}

func orderedHooks() []hook {
	return []hook{
		{
			name: "resource removed", function: "io_queue_rsrc_removal", reclaims: onA,
			entry: "k_remove_a", fentry: "f_remove_a", fires: []events.Kind{events.NodeRemove}, atLeast: 2,
			use: "what a node holds", without: "the queue is known from walks only",
		},
		{
			name: "node queued", function: "io_rsrc_node_switch", reclaims: onA,
			entry: "k_switch", fentry: "f_switch", fires: []events.Kind{events.NodeSwitch}, atLeast: 2,
			use: "nodes entering the queue", without: "the queue is known from walks only",
		},
		{
			name: "node free of holders", function: "io_rsrc_node_ref_zero", reclaims: onA,
			entry: "k_zero_a", fentry: "f_zero_a", fires: []events.Kind{events.NodeZero}, atLeast: 2,
			use: "nodes leaving the queue", without: "the queue is known from walks only",
		},
		{
			name: "deferred release", function: "io_rsrc_put_work", reclaims: onA,
			entry: "k_put_batch", fentry: "f_put_batch", fires: []events.Kind{events.PutBatch}, atLeast: 1,
			use: "batches of the deferred worker", without: "empty nodes seem to be releasing for ever",
		},
		{
			name: "file released", function: "io_rsrc_file_put", reclaims: onA,
			entry: "k_file_put", fentry: "f_file_put", fires: []events.Kind{events.NodePut}, atLeast: 2,
			use: "files leaving released nodes", without: "what is releasing is known from walks only",
		},
		{
			name: "buffer released", function: "io_rsrc_buf_put", reclaims: onA,
			entry: "k_buf_put", fentry: "f_buf_put",
			use: "buffers leaving released nodes", without: "released buffers are known from walks only",
		},
		{
			name: "resource removed", function: "io_queue_rsrc_removal", reclaims: onB,
			entry: "k_remove_b", fentry: "f_remove_b", fires: []events.Kind{events.NodeRemove}, atLeast: 2,
			use: "nodes entering the queue and what they hold", without: "the queue is known from walks only",
		},
		{
			name: "node allocated", function: "io_rsrc_node_alloc", reclaims: onB,
			ret: "k_new_b", fentry: "f_new_b", fires: []events.Kind{events.NodeNew}, atLeast: 2,
			use: "the active node", without: "the queue is known from walks only",
		},
		{
			name: "node free of holders", function: "io_rsrc_node_ref_zero", reclaims: onB,
			entry: "k_zero_b", fentry: "f_zero_b", fires: []events.Kind{events.NodeZero}, atLeast: 2,
			use: "nodes leaving the queue", without: "the queue is known from walks only",
		},
	}
}

func independentHooks() []hook {
	return []hook{
		{
			name: "node allocated", function: "io_rsrc_node_alloc", reclaims: onC,
			entry: "k_new_c_enter", ret: "k_new_c", fentry: "f_new_c",
			fires: []events.Kind{events.NodeNew}, atLeast: 2,
			use: "nodes coming to be", without: "nodes are known from walks only",
		},
		{
			name: "table updated", function: "__io_sqe_files_update", reclaims: onC,
			entry: "k_files_update_enter", ret: "k_files_update", fentry: "f_files_update",
			fires: []events.Kind{events.NodeSlot}, atLeast: 2,
			use: "which slot a node is in", without: "slots are known from walks only",
		},
		{
			name: "node freed", function: "io_free_rsrc_node", reclaims: onC,
			entry: "k_free", fentry: "f_free", fires: []events.Kind{events.NodeFree}, atLeast: 2,
			use: "nodes and files released", without: "nodes are known from walks only",
		},
	}
}

// countingHooks count in the kernel what the others send, for who only watches.
func countingHooks() []hook {
	const use, without = "how much is removed", "removals are not counted"
	return []hook{
		{
			name: "removals counted", function: "io_queue_rsrc_removal", reclaims: []events.Reclaim{events.OrderedDeferred, events.Ordered},
			entry: "k_count_removal", fentry: "f_count_removal", fires: []events.Kind{events.NodeRemove}, atLeast: 2,
			use: use, without: without,
		},
		{
			name: "nodes freed counted", function: "io_free_rsrc_node", reclaims: onC,
			entry: "k_count_free", fentry: "f_count_free", fires: []events.Kind{events.NodeFree}, atLeast: 2,
			use: use, without: without,
		},
	}
}

// stackHooks take user stacks, for who asks for them.
func stackHooks() []hook {
	const use = "which stack put a file into a slot"
	onAB := []events.Reclaim{events.OrderedDeferred, events.Ordered}
	return []hook{
		{
			name: "submission", function: "io_uring:io_uring_submit_sqe", reclaims: onA, tracing: "submit_sqe",
			use: "which stack submitted a request", without: "stacks of submissions are not known",
		},
		{
			name: "submission", function: "io_uring:io_uring_submit_req", reclaims: []events.Reclaim{events.Ordered, events.Independent}, tracing: "submit_req",
			use: "which stack submitted a request", without: "stacks of submissions are not known",
		},
		{
			name: "table registered", function: "io_sqe_files_register", reclaims: allReclaims,
			entry: "k_register_enter", ret: "k_register", fentry: "f_register",
			use: use, without: "stacks that registered a whole table are not known",
		},
		{
			name: "slots updated", function: "__io_sqe_files_update", reclaims: onAB,
			entry: "k_update_enter", ret: "k_update", fentry: "f_update",
			use: use, without: "stacks that filled slots are not known",
		},
		{
			name: "slots updated by request", function: "io_files_update", reclaims: allReclaims,
			entry: "k_update_request", fentry: "f_update_request",
			use: use, without: "stacks that filled slots by FILES_UPDATE are not known",
		},
		{
			name: "file being installed", function: "io_fixed_fd_install", reclaims: allReclaims,
			entry: "k_install_request", fentry: "f_install_request",
			use: use, without: "stacks that installed files by requests are not known",
		},
		{
			name: "file installed", function: "__io_fixed_fd_install", reclaims: allReclaims,
			entry: "k_install_enter", ret: "k_install", fentry: "f_install",
			use: use, without: "stacks that installed files by requests are not known",
		},
	}
}

// watchHooks are those for who only watches: nothing is sent but rings' births
// and ends.
func watchHooks() []hook {
	var out []hook
	for _, h := range ringHooks() {
		if h.name != "register call" && h.name != "socket released" {
			out = append(out, h)
		}
	}
	return append(out, countingHooks()...)
}

// hooksFor is that part of a table that is for one generation.
func hooksFor(table []hook, reclaim events.Reclaim) []hook {
	var out []hook
	for _, h := range table {
		for _, r := range h.reclaims {
			if r == reclaim {
				out = append(out, h)
			}
		}
	}
	return out
}

// programs names the programs that the hook needs with a backend; none means
// that the backend can't serve it.
func (h *hook) programs(b Backend) []string {
	byBackend := map[Backend][]string{Fentry: {h.fentry}, Kprobe: {h.entry, h.ret}}
	for _, choice := range [][]string{byBackend[b], {h.tracing, h.again}} {
		choice = slices.DeleteFunc(choice, func(name string) bool { return name == "" })
		if len(choice) > 0 {
			return choice
		}
	}
	return nil
}

// HookState is how far a hook got.
type HookState string

// The states, best first.
const (
	HookOK       HookState = "ok"       // attached, and seen to fire by the self-test
	HookAttached HookState = "attached" // attached; the self-test does not provoke it
	HookSilent   HookState = "silent"   // attached, but did not fire when it had to
	HookMissing  HookState = "missing"  // the kernel has no such function
	HookFailed   HookState = "failed"   // could not be attached
	HookOff      HookState = "off"      // the backend does not serve it
)

// HookStatus is one row of the table with what became of it.
type HookStatus struct {
	Name     string    // what it tells
	Function string    // kernel function or tracepoint
	Kind     string    // fentry, kprobe or tracepoint
	State    HookState //
	Err      string    // why, for HookFailed
	For      string    // what it is needed for
	Without  string    // what is lost without it
}

// Works reports whether events of the hook can be relied on.
func (s *HookStatus) Works() bool { return s.State == HookOK || s.State == HookAttached }
