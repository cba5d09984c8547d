package guest

import "strings"

type severity int

const (
	harmless severity = iota
	stall
	bad
)

// classify tells how bad a line of the kernel log is. Only beginnings count:
// ordinary lines mention warnings too.
func classify(line string) severity {
	for _, s := range []string{
		"watchdog: BUG: soft lockup",
		"rcu: INFO: rcu_",
		"rcu: rcu_",
		"sched: RT throttling",
		"clocksource: timekeeping watchdog",
	} {
		if strings.HasPrefix(line, s) {
			return stall
		}
	}
	for _, s := range []string{
		"WARNING: ",
		"BUG: ",
		"kernel BUG at ",
		"Oops",
		"INFO: task ",
		"INFO: possible ",
		"INFO: trying to register non-static key",
		"general protection fault",
		"divide error:",
		"invalid opcode:",
		"double fault:",
		"stack segment:",
		"list_add corruption",
		"list_del corruption",
		"refcount_t: ",
		"percpu ref ",
		"unregister_netdevice: waiting for ",
		"Kernel panic",
		"Out of memory: ",
		"oom-kill:",
		"------------[ cut here ]",
	} {
		if strings.HasPrefix(line, s) {
			return bad
		}
	}
	return harmless
}
