//go:build giouring && linux

package play

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

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
	}
	sc := &scene{options: options}
	// After an error, release what is there: tests go on in the same process.
	defer sc.release()

	if err := s.run(p, sc); err != nil {
		return fmt.Errorf("scenario %s: %w", name, err)
	}
	return nil
}

// show leads a scene through the stages and tells about each.
type show struct {
	name  string
	pause workload.Pauses
	in    *bufio.Reader
	out   io.Writer
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
	if _, err := s.tell(workload.StageReady, workload.Stage{Ready: sc.ready()}); err != nil {
		return err
	}

	done, err := churn(sc, p.remove)
	if err != nil {
		return err
	}
	if _, err := s.tell(workload.StageDone, workload.Stage{Done: done}); err != nil {
		return err
	}

	if err := sc.release(); err != nil {
		return err
	}
	if err := settle(start.SocketsUsed); err != nil {
		return err
	}
	_, err = s.tell(workload.StageEnd, workload.Stage{})
	return err
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

// churn makes the removals at the pace asked for.
func churn(sc *scene, remove func(*scene) error) (*workload.Done, error) {
	before, err := socketsUsed()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	for i := range sc.options.Sockets {
		if sc.options.Pace > 0 {
			// Due times are counted from the start, so a late one is caught up.
			due := time.Duration(float64(i) / sc.options.Pace * float64(time.Second))
			time.Sleep(due - time.Since(begin))
		}
		if err := remove(sc); err != nil {
			return nil, fmt.Errorf("removal %d of %d: %w", i+1, sc.options.Sockets, err)
		}
	}
	return &workload.Done{
		Sockets:           sc.options.Sockets,
		ChurnSlot:         churnSlot,
		ElapsedNS:         time.Since(begin).Nanoseconds(),
		SocketsUsedBefore: before,
	}, nil
}
