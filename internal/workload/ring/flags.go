//go:build giouring && linux

package ring

import "github.com/pawelgaczynski/giouring"

// Flags are the IORING_SETUP_* bits of a ring.
type Flags uint32

// The set-up flags that scenarios use.
const (
	SQPoll       = Flags(giouring.SetupSQPoll)
	CoopTaskrun  = Flags(giouring.SetupCoopTaskrun)  // needs kernel 5.19
	SingleIssuer = Flags(giouring.SetupSingleIssuer) // needs kernel 6.0
	DeferTaskrun = Flags(giouring.SetupDeferTaskrun) // needs kernel 6.1 and SingleIssuer
)

// Names returns the flags in the kernel's words without IORING_SETUP_, in bit
// order. It is empty, not nil, without flags.
func (f Flags) Names() []string {
	names := []string{}
	for _, known := range []struct {
		flag Flags
		name string
	}{
		{SQPoll, "SQPOLL"},
		{CoopTaskrun, "COOP_TASKRUN"},
		{SingleIssuer, "SINGLE_ISSUER"},
		{DeferTaskrun, "DEFER_TASKRUN"},
	} {
		if f&known.flag != 0 {
			names = append(names, known.name)
		}
	}
	return names
}
