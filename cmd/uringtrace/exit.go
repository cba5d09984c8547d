package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"uringtrace/internal/probe"
	"uringtrace/internal/render/text"
	"uringtrace/internal/workload"
)

// Exit codes. They are a contract for scripts.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitBlocked     = 3
	exitPrivilege   = 4
	exitKernel      = 5
	exitGone        = 6
	exitLost        = 7
	exitRecording   = 8
	exitInterrupted = 130
)

// usageError is a command line that can't be obeyed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

var (
	// errBlocked is a finding, not a failure: the explanation has said it.
	errBlocked = errors.New("a queue is blocked")
	errLost    = errors.New("events were lost")
)

// exitMeaning is one row of the table of exit codes.
type exitMeaning struct {
	code int
	text string
	is   func(error) bool
}

// exitCodes is the table, in the order in which an error is looked up: what the
// user can mend comes first.
func exitCodes() []exitMeaning {
	as := func(target error) func(error) bool {
		return func(err error) bool { return errors.Is(err, target) }
	}
	return []exitMeaning{
		{exitOK, "fine; nothing is blocked", func(err error) bool { return err == nil }},
		{exitUsage, "the command line can't be obeyed", isUsage},
		{exitBlocked, "a blocked queue was found (explain)", as(errBlocked)},
		{exitPrivilege, "missing privilege", as(probe.ErrPrivilege)},
		{exitKernel, "the kernel can't do what was asked", as(probe.ErrKernel)},
		{exitGone, "the process is gone or has no ring", func(err error) bool {
			return errors.Is(err, probe.ErrGone) || errors.Is(err, probe.ErrNoRing)
		}},
		{exitRecording, "what was to be recorded could not be written", as(errRecording)},
		{exitLost, "events were lost (--strict)", as(errLost)},
		{exitInterrupted, "interrupted before there was anything to tell", as(context.Canceled)},
		{exitInternal, "internal error", func(error) bool { return true }},
	}
}

func isUsage(err error) bool {
	var usage usageError
	var unknown *workload.UnknownScenarioError
	return errors.As(err, &usage) || errors.As(err, &unknown)
}

func exitCode(err error) int {
	for _, row := range exitCodes() {
		if row.is(err) {
			return row.code
		}
	}
	return exitInternal
}

// message is the one sentence to say about err; empty if all has been said.
func message(err error) string {
	switch {
	case err == nil, errors.Is(err, errBlocked), errors.Is(err, errRecording):
		return ""
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return oneLine(err)
}

// oneLine joins the lines of errors that are made of several. They may quote the
// name of a process, which can be anything.
func oneLine(err error) string {
	return text.Clean(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
}

// exitCodeHelp is the table as text for --help.
func exitCodeHelp() string {
	rows := exitCodes()
	slices.SortFunc(rows, func(a, b exitMeaning) int { return cmp.Compare(a.code, b.code) })
	var b strings.Builder
	b.WriteString("Exit codes:")
	for _, row := range rows {
		fmt.Fprintf(&b, "\n  %-4d %s", row.code, row.text)
	}
	return b.String()
}
