package queue

import (
	"slices"
	"strconv"
	"strings"

	"uringtrace/internal/events"
)

// Set-up flags of a ring that decide what helps.
const (
	setupSQPoll       = 1 << 1
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13 // the kernel demands SINGLE_ISSUER with it
)

// maxLikewise is how many more requests a remedy names.
const maxLikewise = 3

// remedy is a row of what is known to help a blocked ring, or not to.
type remedy struct {
	id       string
	when     When
	scenario string                // the bundled one that is to show it on 6.1 and 6.12
	fits     func(c *patient) bool // asked for each request that holds the queue; nil: the ring alone matters
	text     func(c *patient) string
}

// patient is a blocked ring and one of the requests that hold its queue.
type patient struct {
	*ring
	pid     int
	request *request // nil for rows that are about the ring alone
}

// remedies are the rows that fit, in the order of the table. A row that fits
// several requests is told of the first and names the others.
func (x *explainer) remedies() []Remedy {
	out := []Remedy{}
	for i := range remedyTable {
		row := &remedyTable[i]
		c := patient{ring: x.ring, pid: x.in.Target.PID}
		if row.fits == nil {
			out = append(out, Remedy{row.id, row.when, row.text(&c)})
			continue
		}
		var text string
		var more []*request
		for _, q := range x.holders {
			c.request = q
			switch {
			case !row.fits(&c):
			case text == "":
				text = row.text(&c)
			default:
				more = append(more, q)
			}
		}
		if text == "" {
			continue
		}
		if row.when == Now {
			text += likewise(more)
		}
		out = append(out, Remedy{row.id, row.when, text})
	}
	return out
}

// likewise names further requests that the same is to be done to: all that hold
// a node have to end before it goes.
func likewise(more []*request) string {
	if len(more) == 0 {
		return ""
	}
	var names []string
	for _, q := range more[:min(len(more), maxLikewise)] {
		names = append(names, hexData(q))
	}
	text := "; likewise for " + strings.Join(names, ", ")
	if n := len(more) - len(names); n > 0 {
		text += " and " + strconv.Itoa(n) + " more"
	}
	return text
}

// remedyTable has what helps rings with ordered reclaim, and what does not. Polls
// and accepts on a listener were measured on 6.1 and 6.12. By the kernel's source
// alone, until their scenarios are run: shutting a connection down, data, write,
// plain-buffer, cancelling what is no poll or accept of a listener, and ending
// multishot requests. Requests in other places than the poll tables get no
// cancellation.
var remedyTable = []remedy{
	{id: "cancel", when: Now, scenario: "cancel", fits: (*patient).armed, text: func(c *patient) string {
		return c.submitter() + ": ASYNC_CANCEL of " + c.userData() + c.onRing() +
			"; " + c.op() + " completes with -125 (ECANCELED)"
	}},
	// A ring that one task alone may submit to answers others with EEXIST, so it
	// is not offered there. It needs the ring's descriptor to get at.
	{id: "sync-cancel", when: Now, scenario: "sync-cancel", fits: func(c *patient) bool {
		return c.armed() && !c.has(setupSingleIssuer) && c.fd >= 0
	}, text: func(c *patient) string {
		return "from outside: pidfd_getfd(2) of fd " + strconv.Itoa(c.fd) + " of pid " + strconv.Itoa(c.pid) +
			", REGISTER_SYNC_CANCEL of " + c.userData() + " on it; the program sees " + c.op() + " complete with -125"
	}},
	{id: "shutdown", when: Now, scenario: "shutdown", fits: func(c *patient) bool {
		return c.armed() && (c.listening() || c.connected()) && !c.endlessPoll()
	}, text: (*patient).shutdown},
	{id: "connect", when: Now, scenario: "connect", fits: func(c *patient) bool {
		return c.waitsForConnection() && c.request.Shots != events.Multishot
	}, text: func(c *patient) string {
		unless := ""
		if c.request.Shots == events.UnknownShots {
			unless = " unless it is multishot"
		}
		return "one connection to port " + c.port() + " completes it" + c.onceEntered() + unless + "; armed again" + c.onSlot() + ", it blocks again"
	}},
	{id: "data", when: Now, scenario: "recv", fits: func(c *patient) bool {
		return c.armed() && c.reads() && c.connected() && c.request.Shots != events.Multishot
	}, text: func(c *patient) string {
		return "data from " + c.request.File.RemoteString() + ", or its end of the connection closed, completes it" + c.onceEntered()
	}},
	{id: "write", when: Now, scenario: "pipe-read", fits: func(c *patient) bool {
		return c.reads() && c.request.File.Kind == events.FIFO && c.request.Shots != events.Multishot
	}, text: func(c *patient) string {
		return "a write to the pipe with inode " + strconv.FormatUint(c.request.File.Inode, 10) + " completes it" + c.onceEntered()
	}},
	{id: "exit", when: Now, scenario: "exit", text: func(c *patient) string {
		if c.shared {
			return "last resort: end pid " + strconv.Itoa(c.pid) + " and all processes that share the ring; that releases everything"
		}
		return "last resort: restart pid " + strconv.Itoa(c.pid) + "; its end releases everything"
	}},
	{id: "regular-fd", when: InCode, scenario: "regular-fd", fits: func(c *patient) bool {
		return c.request.Slot >= 0 && c.request.Buffer < 0
	}, text: func(c *patient) string {
		return "issue " + c.op() + " and all that may wait long on ordinary descriptors, without IOSQE_FIXED_FILE: it then holds no node"
	}},
	{id: "plain-buffer", when: InCode, scenario: "buffer-pin", fits: func(c *patient) bool {
		return c.request.Buffer >= 0
	}, text: func(c *patient) string {
		return "use neither fixed buffers nor fixed files in requests that may wait long: each alone holds the node"
	}},
	// A ring without a long request releases all: each has its own queue.
	{id: "separate-rings", when: InCode, scenario: "no-poll", text: func(*patient) string {
		return "or keep long requests and files that come and go in different rings"
	}},
	{id: "multishot", when: InCode, scenario: "connect-multishot", fits: func(c *patient) bool {
		return c.request.Shots == events.Multishot || c.waitsForConnection()
	}, text: func(c *patient) string {
		if c.request.Shots == events.Multishot {
			return "multishot " + c.op() + " on a slot holds the queue until it is cancelled"
		}
		return "multishot on a slot is worse: no connection would ever end it"
	}},
	{id: "upgrade", when: WithKernel, scenario: "listener-poll", text: func(*patient) string {
		return "Linux 6.13 or newer: what is removed waits for its own requests alone"
	}},
	{id: "close-fd", when: Never, scenario: "close-only", fits: (*patient).onFile, text: func(c *patient) string {
		return "closing the " + c.fileNoun() + "'s descriptor"
	}},
	{id: "clear-slot", when: Never, scenario: "clear-slot", fits: func(c *patient) bool {
		return c.request.Slot >= 0 && !c.request.Replaced
	}, text: func(c *patient) string {
		return "clearing slot " + strconv.Itoa(int(c.request.Slot))
	}},
	{id: "more-updates", when: Never, scenario: "more-updates", text: func(*patient) string {
		return "updating more slots (each adds to the queue)"
	}},
	{id: "unregister", when: Never, scenario: "unregister", text: func(*patient) string {
		return "unregistering the table (the call hangs)"
	}},
	{id: "sync-cancel", when: Never, scenario: "sync-cancel", fits: func(c *patient) bool {
		return c.armed() && c.has(setupSingleIssuer)
	}, text: func(*patient) string {
		return "cancelling from another process (EEXIST on a SINGLE_ISSUER ring)"
	}},
	{id: "connect", when: Never, scenario: "connect-multishot", fits: func(c *patient) bool {
		return c.waitsForConnection() && c.request.Shots == events.Multishot
	}, text: func(*patient) string {
		return "a connection (the request is multishot)"
	}},
}

func (c *patient) has(flag uint32) bool { return c.flags&flag != 0 }

// armed reports whether the request waits for its file in a table of polls,
// where cancelling was seen to work.
func (c *patient) armed() bool {
	return c.request.Found == events.FoundPoll || c.request.Found == events.FoundPollLocked
}

// endlessPoll is a poll that goes on after it has told of the file's end.
func (c *patient) endlessPoll() bool {
	return c.request.Shots == events.Multishot && c.op() == "POLL_ADD"
}

func (c *patient) listening() bool { return c.request.File.StateName() == "LISTEN" }

func (c *patient) connected() bool {
	return c.request.File.Protocol() == "tcp" && c.request.File.RemoteString() != "" && !c.listening()
}

func (c *patient) waitsForConnection() bool {
	return c.armed() && c.listening() && (c.op() == "POLL_ADD" || c.op() == "ACCEPT")
}

func (c *patient) reads() bool {
	return slices.Contains([]string{"READ", "READV", "READ_FIXED", "RECV", "RECVMSG"}, c.op())
}

func (c *patient) onFile() bool { return c.request.File.Type == events.File }

func (c *patient) op() string { return OpName(c.request.Opcode) }

func (c *patient) port() string { return strconv.Itoa(int(c.request.File.Local.Port)) }

func (c *patient) onSlot() string {
	if c.request.Slot < 0 {
		return ""
	}
	return " on slot " + strconv.Itoa(int(c.request.Slot))
}

func (c *patient) onRing() string {
	if c.fd < 0 {
		return ""
	}
	return " on ring fd " + strconv.Itoa(c.fd)
}

func hexData(q *request) string { return "0x" + strconv.FormatUint(q.UserData, 16) }

// userData names the request as a cancellation does: it may match others.
func (c *patient) userData() string {
	same := 0
	for i := range c.requests {
		if c.requests[i].UserData == c.request.UserData {
			same++
		}
	}
	text := "user_data " + hexData(c.request)
	if same > 1 {
		text += " (" + strconv.Itoa(same) + " requests have it)"
	}
	return text
}

// submitter is who may submit to the ring.
func (c *patient) submitter() string {
	switch {
	case c.has(setupSQPoll) || !c.has(setupSingleIssuer):
		return "in the program"
	case c.request.TID == 0:
		return "in the thread that submits to the ring"
	}
	return "in tid " + strconv.Itoa(int(c.request.TID)) + ", which alone may submit"
}

// onceEntered is when the end of a request takes effect.
func (c *patient) onceEntered() string {
	switch {
	case !c.has(setupDeferTaskrun):
		return ""
	case c.request.TID == 0:
		return " once the ring's owner enters it (DEFER_TASKRUN)"
	}
	return " once tid " + strconv.Itoa(int(c.request.TID)) + " enters the ring (DEFER_TASKRUN)"
}

// shutdown needs a descriptor of the socket to be left in the process.
func (c *patient) shutdown() string {
	socket := c.fileNoun()
	if inode := c.request.File.Inode; inode != 0 {
		socket = "socket:[" + strconv.FormatUint(inode, 10) + "]"
	}
	text := "from outside: shutdown(2) of " + socket + " by pidfd_getfd(2), if pid " +
		strconv.Itoa(c.pid) + " still has it in /proc/" + strconv.Itoa(c.pid) + "/fd; "
	if c.listening() {
		text += "ends listening on port " + c.port()
	} else {
		text += "ends the connection"
	}
	if when := c.onceEntered(); when != "" {
		text += "; frees" + when
	}
	return text
}

func (c *patient) fileNoun() string {
	switch {
	case c.listening():
		return "listener"
	case c.request.File.IsSocket():
		return "socket"
	case c.request.File.Kind == events.FIFO:
		return "pipe"
	}
	return "file"
}
