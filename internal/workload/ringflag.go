package workload

import (
	"fmt"
	"slices"
	"strings"
)

// RingFlag is a way to set up the ring, as typed after --flags.
type RingFlag string

// The ways to set up the ring. They can be combined where the kernel allows it.
const (
	// FlagDefault adds nothing.
	FlagDefault RingFlag = "default"
	// FlagSingleIssuer needs kernel 6.0.
	FlagSingleIssuer RingFlag = "single-issuer"
	// FlagDeferTaskrun includes FlagSingleIssuer, as the kernel demands. Needs kernel 6.1.
	FlagDeferTaskrun RingFlag = "defer-taskrun"
	// FlagCoopTaskrun needs kernel 5.19.
	FlagCoopTaskrun RingFlag = "coop-taskrun"
	// FlagSQPoll leaves submission to a kernel thread.
	FlagSQPoll RingFlag = "sqpoll"
)

// RingFlagNames are all of them.
func RingFlagNames() RingFlags {
	return RingFlags{FlagDefault, FlagSingleIssuer, FlagDeferTaskrun, FlagCoopTaskrun, FlagSQPoll}
}

// RingFlags is a comma list of flags. It is also a command-line flag.
type RingFlags []RingFlag

// Has reports whether flag is in the list.
func (f RingFlags) Has(flag RingFlag) bool { return slices.Contains(f, flag) }

func (f RingFlags) String() string { return join(f) }

// Set reads a comma list and rejects what no kernel accepts.
func (f *RingFlags) Set(text string) error {
	flags, err := split("ring flag", text, RingFlagNames())
	if err != nil {
		return err
	}
	*f = flags
	return f.validate()
}

// Type is the word for the value in the flag's help.
func (f *RingFlags) Type() string { return "list" }

func (f RingFlags) validate() error {
	if f.Has(FlagSQPoll) && (f.Has(FlagDeferTaskrun) || f.Has(FlagCoopTaskrun)) {
		return fmt.Errorf("ring flag %s excludes %s and %s", FlagSQPoll, FlagDeferTaskrun, FlagCoopTaskrun)
	}
	return nil
}

// split reads a comma list of words out of known. Empty text is an empty list.
func split[T ~string](what, text string, known []T) ([]T, error) {
	var words []T
	for word := range strings.SplitSeq(text, ",") {
		if word == "" {
			continue
		}
		if !slices.Contains(known, T(word)) {
			return nil, fmt.Errorf("unknown %s %q: choose from %s", what, word, join(known))
		}
		words = append(words, T(word))
	}
	return words, nil
}

func join[T ~string](words []T) string {
	text := make([]string, len(words))
	for i, w := range words {
		text[i] = string(w)
	}
	return strings.Join(text, ",")
}
