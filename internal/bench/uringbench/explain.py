"""Asks of a process, by drgn, what uringtrace explain tells of its queue.

usage: python3 explain.py PID [held]

Prints one object as JSON: nodes, the references to the head, the requests that hold
it, and how long the walk took. With "held" each node's files are looked at, too, as
uringtrace does. The kernel's debug information has to be where Debian puts it.
"""

import json
import sys
import time

from drgn import Program, cast
from drgn.helpers.linux.fs import for_each_file
from drgn.helpers.linux.list import hlist_for_each_entry, list_for_each_entry
from drgn.helpers.linux.pid import find_task

STATES = "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", \
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"
FIXED_FILE = 1  # REQ_F_FIXED_FILE
ATOMIC, DEAD = 1, 2  # flags of a percpu_ref
INET, INET6, TCP = 2, 10, 6


def has(type_name, member):
    return any(m.name == member for m in prog.type(type_name).members)


def rings(task):
    """Yields the rings of the task's descriptors."""
    ring_operations = prog["io_uring_fops"].address_of_()
    for fd, file in for_each_file(task):
        if file.f_op == ring_operations:
            yield fd, cast("struct io_ring_ctx *", file.private_data)


def references(node):
    """Returns how many requests hold a queued node; None: the kernel can't tell yet."""
    if not deferred:
        return node.refs.value_()
    counters = node.refs.percpu_count_ptr.value_()
    if counters != ATOMIC | DEAD:
        return None
    return node.refs.data.count.counter.value_()


def resources(node):
    """Yields the files that a node releases."""
    if not deferred:
        if not node.empty:
            yield node.item.file
        return
    for put in list_for_each_entry("struct io_rsrc_put", node.rsrc_list.address_of_(), "list"):
        yield put.file


def describe(file):
    """Returns what a file is, and its local port if it has one."""
    if file.f_op != socket_operations:
        return "file", None
    sk = cast("struct socket *", file.private_data).sk
    common = sk.__getattribute__("__sk_common")
    if common.skc_family.value_() not in (INET, INET6) or sk.sk_protocol.value_() != TCP:
        return "socket", None
    return "tcp " + STATES[common.skc_state.value_()], common.skc_num.value_()


def requests(ctx):
    """Yields the requests in both tables of polls."""
    for table in ctx.cancel_table, ctx.cancel_table_locked:
        for bucket in range(1 << table.hash_bits.value_()):
            yield from hlist_for_each_entry("struct io_kiocb", table.hbs[bucket].list, "hash_node")


def request(req):
    kind, port = describe(req.file)
    fixed = req.flags.value_() & FIXED_FILE
    return {
        "opcode": req.opcode.value_(),
        "user_data": hex(req.cqe.user_data.value_()),
        "slot": req.cqe.fd.value_() if fixed else -1,
        "file": kind,
        "port": port,
    }


def walk(ctx, held):
    head, nodes, kinds = None, 0, {}
    for node in list_for_each_entry("struct io_rsrc_node", ctx.rsrc_ref_list.address_of_(), "node"):
        nodes += 1
        if head is None:
            head = node
        if not held:
            continue
        references(node)
        for file in resources(node):
            kind, _ = describe(file)
            kinds[kind] = kinds.get(kind, 0) + 1
    answer = {"nodes": nodes}
    if held:
        answer["kinds"] = kinds
    if head is not None:
        answer["references"] = references(head)
        answer["requests"] = [request(r) for r in requests(ctx) if r.rsrc_node == head]
    return answer


prog = Program()
prog.set_kernel()
prog.load_debug_info(main=True)
deferred = has("struct io_rsrc_node", "rsrc_list")
socket_operations = prog["socket_file_ops"].address_of_()
started = time.monotonic_ns()
found = []
for fd, ctx in rings(find_task(prog, int(sys.argv[1]))):
    found.append({"fd": fd, **walk(ctx, "held" in sys.argv[2:])})
print(json.dumps({"walk_ms": (time.monotonic_ns() - started) / 1e6, "rings": found}))
