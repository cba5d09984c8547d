package workload

import (
	"fmt"
	"slices"
	"strconv"
)

// Options are what a scenario can be told. Start from DefaultOptions.
type Options struct {
	// Sockets is the number of removals.
	Sockets int
	// Pace is removals per second; 0 is full speed.
	Pace float64
	// Pause lists the stages after which one line on standard input is awaited.
	Pause Pauses
	// Port is the listener's TCP port on 127.0.0.1; 0 lets the kernel pick.
	Port int
	// UserData marks the long-lived request.
	UserData UserData
	// Slots is the size of the fixed file table.
	Slots int
	// Flags say how the ring is set up.
	Flags RingFlags
}

// DefaultOptions returns the options of a plain run.
func DefaultOptions() Options {
	return Options{Sockets: 1000, UserData: 0xfeed, Slots: 64}
}

// minSlots leaves room for the listener and for the slot that is churned.
const minSlots = 2

// Validate says in one sentence what cannot be done, or returns nil.
func (o Options) Validate() error {
	switch {
	case o.Sockets < 0:
		return fmt.Errorf("sockets must not be negative, got %d", o.Sockets)
	case !(o.Pace >= 0): // also refuses NaN
		return fmt.Errorf("pace must not be negative, got %g", o.Pace)
	case o.Port < 0 || o.Port > 65535:
		return fmt.Errorf("port must be from 0 to 65535, got %d", o.Port)
	case o.Slots < minSlots:
		return fmt.Errorf("slots must be at least %d, got %d", minSlots, o.Slots)
	}
	return o.Flags.validate()
}

// Args returns the command line of uringload that runs the scenario called name
// with these options.
func (o Options) Args(name string) []string {
	args := []string{
		name,
		"--sockets=" + strconv.Itoa(o.Sockets),
		"--pace=" + strconv.FormatFloat(o.Pace, 'g', -1, 64),
		"--port=" + strconv.Itoa(o.Port),
		"--user-data=" + o.UserData.String(),
		"--slots=" + strconv.Itoa(o.Slots),
	}
	if len(o.Pause) > 0 {
		args = append(args, "--pause="+o.Pause.String())
	}
	if len(o.Flags) > 0 {
		args = append(args, "--flags="+o.Flags.String())
	}
	return args
}

// Pauses is a comma list of stages. It is also a command-line flag.
type Pauses []StageName

// Has reports whether stage is in the list.
func (p Pauses) Has(stage StageName) bool { return slices.Contains(p, stage) }

func (p Pauses) String() string { return join(p) }

// Set reads a comma list of stage names.
func (p *Pauses) Set(text string) error {
	stages, err := split("stage", text, StageNames())
	if err != nil {
		return err
	}
	*p = stages
	return nil
}

// Type is the word for the value in the flag's help.
func (p *Pauses) Type() string { return "stages" }
