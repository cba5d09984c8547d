package klog

import "strings"

// Severity is how bad a line is.
type Severity int

// The severities.
const (
	Harmless Severity = iota
	Stall             // a slow or busy host causes it too
	Bad               // the kernel found something wrong in itself
)

// Classify tells how bad a line is, given without timestamp. Only beginnings
// count: ordinary lines mention warnings too.
func Classify(line string) Severity {
	switch {
	case begins(line, stalls()):
		return Stall
	case begins(line, complaints()):
		return Bad
	}
	return Harmless
}

// Text cuts the timestamp off a line of the console: "[    1.234567] text".
func Text(line string) string {
	if !strings.HasPrefix(line, "[") {
		return line
	}
	_, text, ok := strings.Cut(line, "] ")
	if !ok {
		return line
	}
	return text
}

func begins(line string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

func stalls() []string {
	return []string{
		"watchdog: BUG: soft lockup",
		"watchdog: CPU",
		"rcu: INFO: rcu_",
		"rcu: rcu_",
		"sched: RT throttling",
		"clocksource: timekeeping watchdog",
	}
}

func complaints() []string {
	return []string{
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
	}
}
