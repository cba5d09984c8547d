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
	// UserData marks the first pin; further ones have the numbers after it.
	UserData UserData
	// Slots is the size of the fixed file table.
	Slots int
	// Flags say how the rings are set up.
	Flags RingFlags
	// Rings is the number of rings of many-rings.
	Rings int
	// Seed makes the operations of random: the same one makes the same ones.
	Seed uint64
	// Ops is how many there are, and how many there are in each round of the rounds.
	Ops int
	// Rounds is how many rounds there are.
	Rounds int
	// Checkpoints is at how many moments random tells what is true. The last is when
	// all operations are made.
	Checkpoints int
}

// DefaultOptions returns the options of a plain run.
func DefaultOptions() Options {
	return Options{Sockets: 1000, UserData: 0xfeed, Slots: 64, Rings: 1000, Seed: 1, Ops: 1000, Rounds: 10, Checkpoints: 10}
}

// MinSlots is the size of the smallest file table. It has room for the slot that is
// churned and for what the pins wait on: listener, pipe and connection.
const MinSlots = 4

// minRings are one with a pin and one without.
const minRings = 2

// Validate says in one sentence what cannot be done, or returns nil.
func (o Options) Validate() error {
	switch {
	case o.Sockets < 0:
		return fmt.Errorf("sockets must not be negative, got %d", o.Sockets)
	case !(o.Pace >= 0): // also refuses NaN
		return fmt.Errorf("pace must not be negative, got %g", o.Pace)
	case o.Port < 0 || o.Port > 65535:
		return fmt.Errorf("port must be from 0 to 65535, got %d", o.Port)
	case o.Slots < MinSlots:
		return fmt.Errorf("slots must be at least %d, got %d", MinSlots, o.Slots)
	case o.Rings < minRings:
		return fmt.Errorf("rings must be at least %d, got %d", minRings, o.Rings)
	case o.Ops < 0:
		return fmt.Errorf("ops must not be negative, got %d", o.Ops)
	case o.Rounds < 0:
		return fmt.Errorf("rounds must not be negative, got %d", o.Rounds)
	case o.Checkpoints < 1:
		return fmt.Errorf("checkpoints must be at least 1, got %d", o.Checkpoints)
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
		"--rings=" + strconv.Itoa(o.Rings),
		"--seed=" + strconv.FormatUint(o.Seed, 10),
		"--ops=" + strconv.Itoa(o.Ops),
		"--rounds=" + strconv.Itoa(o.Rounds),
		"--checkpoints=" + strconv.Itoa(o.Checkpoints),
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
