//go:build linux

package guest

import (
	"fmt"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestMessage(t *testing.T) {
	for record, want := range map[string]string{
		"4,361,1982846,-;WARNING: CPU: 0; x\n SUBSYSTEM=cpu\n": "WARNING: CPU: 0; x",
		"6,1,2,-;\n":   "",
		"no semicolon": "",
	} {
		qt.Check(t, qt.Equals(message(record), want))
	}
}

func TestComplaintsAreBounded(t *testing.T) {
	var f found
	for i := range 3 * maxComplaints {
		f.note(fmt.Sprintf("WARNING: %d", i))
		f.note("rcu: INFO: rcu_preempt detected stalls")
		f.note("ordinary")
	}
	qt.Check(t, qt.HasLen(f.bad, maxComplaints))
	qt.Check(t, qt.Equals(f.bad[0], "WARNING: 0"))
	qt.Check(t, qt.HasLen(f.stalls, maxComplaints))
}
