package workload

import (
	"fmt"
	"strings"
)

// Scenario names one bundled workload. What it does is in package play, which has
// one row for every row here; a test holds the two tables together.
type Scenario struct {
	// Name is what the user types.
	Name string
	// Summary is one line without a full stop.
	Summary string
}

// Scenarios returns the bundled scenarios in the order in which they are listed.
// The slice is the caller's.
func Scenarios() []Scenario {
	return []Scenario{
		{"listener-poll", "poll on a listening socket in a fixed slot; every descriptor removed afterwards stays (liburing #1192)"},
		{"no-poll", "the same removals with nothing in flight; everything is released"},
		{"regular-fd", "the same poll through the listener's ordinary descriptor; it holds no node, everything is released"},
	}
}

// UnknownScenarioError is returned by Find for a name that is not in the table.
type UnknownScenarioError struct {
	Name string
}

func (e *UnknownScenarioError) Error() string {
	var names []string
	for _, s := range Scenarios() {
		names = append(names, s.Name)
	}
	return fmt.Sprintf("unknown scenario %q: choose one of %s", e.Name, strings.Join(names, ", "))
}

// Find returns the scenario called name, or an *UnknownScenarioError.
func Find(name string) (Scenario, error) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
	}
	return Scenario{}, &UnknownScenarioError{name}
}
