//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"uringtrace/internal/bench"
)

// checkCommand holds results against their budgets.
func checkCommand(args []string) error {
	budgets, results, _, err := budgetsAndResults("check", args)
	if err != nil {
		return err
	}
	over := 0
	for _, r := range results {
		for _, sentence := range budgets.Check(r) {
			fmt.Println(sentence)
			over++
		}
	}
	if over > 0 {
		return fmt.Errorf("%d figures are over budget; \"make bench-record\" makes them the budget", over)
	}
	return nil
}

// recordCommand makes results the budgets.
func recordCommand(args []string) error {
	budgets, results, name, err := budgetsAndResults("record", args)
	if err != nil {
		return err
	}
	for _, r := range results {
		budgets = budgets.Record(r)
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(budgets.Write(out), out.Close())
}

func budgetsAndResults(command string, args []string) (bench.Budgets, []*bench.Result, string, error) {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	name := f.String("budget", "internal/bench/budget.json", "`file` of the budgets")
	if err := f.Parse(args); err != nil {
		return nil, nil, "", err
	}
	file, err := os.Open(*name)
	if err != nil {
		return nil, nil, "", err
	}
	defer file.Close()
	budgets, err := bench.ReadBudgets(file)
	if err != nil {
		return nil, nil, "", err
	}
	results, err := read(f.Args())
	return budgets, results, *name, err
}

// read reads results.
func read(names []string) ([]*bench.Result, error) {
	var results []*bench.Result
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		r, err := bench.Read(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		results = append(results, r)
	}
	return results, nil
}
