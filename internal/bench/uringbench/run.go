//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"uringtrace/internal/bench"
)

// plan is what to measure.
type plan struct {
	kernel    string
	mode      string
	out       string
	works     string
	observers string
	peers     bool
	ops       int
	rounds    int
	cycles    int
	answers   string
}

func runCommand(ctx context.Context, args []string) error {
	var p plan
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	f.StringVar(&p.kernel, "kernel", "", "`name` of the kernel in the result")
	f.StringVar(&p.mode, "mode", string(bench.Counted), "how time passes here: counted or emulated")
	f.StringVar(&p.out, "out", "/tmp/bench.json", "`file` for the result")
	f.StringVar(&p.works, "works", "churn,churn-pinned,nop,fixed-read", "scenarios to run")
	f.StringVar(&p.observers, "observers", "", "only observers whose names start with one of these")
	f.BoolVar(&p.peers, "peers", false, "measure programs of others, too, under churn")
	f.IntVar(&p.ops, "ops", 20000, "removals in a round, or a fifth of the requests")
	f.IntVar(&p.rounds, "rounds", 2, "rounds of each observer in a cycle")
	f.IntVar(&p.cycles, "cycles", 1, "times that all is measured")
	f.StringVar(&p.answers, "answers", "", "lengths of queues to explain, comma list")
	if err := f.Parse(args); err != nil {
		return err
	}
	k, err := askKernel(ctx)
	if err != nil {
		return err
	}
	r := &bench.Result{Kernel: p.kernel, Release: k.release, Mode: bench.Mode(p.mode)}
	for _, scenario := range list(p.works) {
		slowdowns, err := p.slowdowns(ctx, k, scenario)
		if err != nil {
			return fmt.Errorf("%s: %w", scenario, err)
		}
		r.Slowdowns = append(r.Slowdowns, slowdowns...)
		fmt.Printf("%s %s, %s: %.0f ns an operation\n%s\n", r.Kernel, r.Mode, scenario, r.BaseNS(scenario), r.SlowdownTable(scenario))
	}
	if p.answers != "" {
		if r.Answers, err = answers(ctx, k, p.answers); err != nil {
			return err
		}
		fmt.Println(r.AnswerTable())
	}
	out, err := os.Create(p.out)
	if err != nil {
		return err
	}
	return errors.Join(r.Write(out), out.Close())
}

// slowdowns measures one kind of work under all observers.
func (p *plan) slowdowns(ctx context.Context, k *kernel, scenario string) ([]bench.Slowdown, error) {
	observers := ownObservers(k)
	if p.peers && scenario == "churn" {
		observers = append(observers, peers(k)...)
	}
	var there, missing []observer
	for _, o := range observers {
		switch {
		case !p.chosen(o.name):
		case o.installed():
			there = append(there, o)
		default:
			missing = append(missing, o)
		}
	}
	seen := make(map[string][]bench.Traced)
	for range p.cycles {
		for _, group := range together(scenario, there) {
			w := p.work(k, scenario)
			all, err := w.cycle(ctx, group, p.rounds)
			if err != nil {
				return nil, err
			}
			for name, t := range all {
				seen[name] = append(seen[name], t)
			}
		}
	}
	var result []bench.Slowdown
	for _, o := range there {
		result = append(result, bench.Sum(scenario, o.name, seen[o.name]))
	}
	for _, o := range missing {
		result = append(result, bench.Slowdown{Work: scenario, Observer: o.name, Missing: "not installed"})
	}
	return result, nil
}

// A request takes a small part of the time of a removal, so a round needs more of
// them to be as long.
const requestsPerRemoval = 5

func (p *plan) work(k *kernel, scenario string) *work {
	w := &work{scenario: scenario, ops: p.ops, settle: k.settle, later: removes(scenario)}
	if !w.later {
		w.ops *= requestsPerRemoval
	}
	return w
}

// removes reports whether a kind of work removes resources, which are released
// later. Requests leave nothing behind.
func removes(scenario string) bool { return strings.HasPrefix(scenario, "churn") }

// together groups observers that one process can be measured under. A queue that
// only grows has to be a new one for each.
func together(scenario string, all []observer) [][]observer {
	if scenario == "churn-pinned" {
		return slices.Collect(slices.Chunk(all, 1))
	}
	return [][]observer{all}
}

func (p *plan) chosen(name string) bool {
	return p.observers == "" || slices.ContainsFunc(list(p.observers), func(start string) bool {
		return strings.HasPrefix(name, start)
	})
}

func list(words string) []string { return strings.Split(words, ",") }
