//go:build giouring && linux

package play

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"uringtrace/internal/workload"
)

// Play runs the scenario called name. It writes each stage to out as it is reached
// and, where the options ask for a pause, waits for a line from in; end of input
// means go on. It returns an *workload.UnknownScenarioError for a name that is not
// known, and an error that wraps errors.ErrUnsupported if the kernel lacks what the
// scenario needs. The calling goroutine stays on one OS thread meanwhile.
func Play(name string, options workload.Options, in io.Reader, out io.Writer) error {
	if _, err := workload.Find(name); err != nil {
		return err
	}
	if err := options.Validate(); err != nil {
		return err
	}
	p, ok := plans()[name]
	if !ok {
		return fmt.Errorf("scenario %s has no plan", name)
	}

	s := &show{
		name:  name,
		pause: options.Pause,
		in:    bufio.NewReader(in),
		out:   out,
		exit:  os.Exit,
	}
	return s.play(p, options)
}

// show leads a scene through the stages and tells about each.
type show struct {
	name  string
	pause workload.Pauses
	in    *bufio.Reader
	out   io.Writer
	exit  func(code int)
}

func (s *show) play(p plan, options workload.Options) error {
	sc := &scene{options: options}
	// After an error, release what is there: tests go on in the same process.
	defer sc.release()

	if err := s.run(p, sc); err != nil {
		return fmt.Errorf("scenario %s: %w", s.name, err)
	}
	return nil
}

func (s *show) run(p plan, sc *scene) error {
	start, err := s.tell(workload.StageStart, workload.Stage{})
	if err != nil {
		return err
	}

	for _, step := range p.setUp {
		if err := step(sc); err != nil {
			return err
		}
	}
	if p.pin != nil {
		if err := p.pin(sc); err != nil {
			return err
		}
	}
	if _, err := s.tell(workload.StageReady, sc.stage(workload.Stage{Ready: sc.ready()})); err != nil {
		return err
	}
	if err := s.change(p, sc); err != nil {
		return err
	}
	if _, err := s.tell(workload.StageDone, sc.stage(workload.Stage{Done: &sc.done})); err != nil {
		return err
	}
	if err := s.act(p, sc); err != nil {
		return err
	}

	if err := sc.release(); err != nil {
		return err
	}
	if _, err := settle(start.SocketsUsed); err != nil {
		return err
	}
	_, err = s.tell(workload.StageEnd, workload.Stage{Tags: sc.tags()})
	return err
}

// change makes what happens between ready and done.
func (s *show) change(p plan, sc *scene) error {
	if p.round != nil {
		return sc.rounds(p.round, func(r *workload.Round) error {
			_, err := s.tell(workload.StageRound, sc.stage(workload.Stage{Round: r}))
			return err
		})
	}
	if p.improvise == nil {
		return sc.churn(p)
	}
	return p.improvise(sc, func(c *workload.Checkpoint) error {
		_, err := s.tell(workload.StageCheckpoint, sc.stage(workload.Stage{Checkpoint: c}))
		return err
	})
}

// act tries the remedy, if the scenario is one.
func (s *show) act(p plan, sc *scene) error {
	switch {
	case p.exits:
		acted := &workload.Acted{Action: s.name, Completions: []workload.PinCompletion{}}
		if _, err := s.tell(workload.StageActed, sc.stage(workload.Stage{Acted: acted})); err != nil {
			return err
		}
		s.exit(0)
		return nil
	case p.act != nil:
		acted, err := sc.try(s.name, p.act, p.ends)
		if err != nil {
			return err
		}
		_, err = s.tell(workload.StageActed, sc.stage(workload.Stage{Acted: acted}))
		return err
	default:
		return nil
	}
}

// tell completes the stage, writes it and pauses if it was asked to.
func (s *show) tell(name workload.StageName, stage workload.Stage) (workload.Stage, error) {
	used, err := socketsUsed()
	if err != nil {
		return stage, err
	}
	stage.Name = name
	stage.Scenario = s.name
	stage.PID = os.Getpid()
	stage.SocketsUsed = used
	if _, err := stage.WriteTo(s.out); err != nil {
		return stage, err
	}

	if !s.pause.Has(name) {
		return stage, nil
	}
	if _, err := s.in.ReadString('\n'); err != nil && err != io.EOF {
		return stage, fmt.Errorf("pause at stage %s: %w", name, err)
	}
	return stage, nil
}
