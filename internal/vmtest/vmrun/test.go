//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"uringtrace/internal/vmtest/job"
)

// runTests is "vmrun test".
func runTests(ctx context.Context, o options) error {
	binaries, extra := o.args, []string(nil)
	if i := slices.Index(o.args, "--"); i >= 0 {
		binaries, extra = o.args[:i], o.args[i+1:]
	}
	if len(binaries) == 0 {
		return usagef("test: no test binaries")
	}
	s, err := newSession(o)
	if err != nil {
		return err
	}
	report := &testReport{w: os.Stdout, verbose: o.verbose, start: time.Now()}
	for _, value := range binaries {
		p, label, err := s.batchTest(value, extra)
		if err != nil {
			return err
		}
		s.job.Programs = append(s.job.Programs, p)
		report.labels = append(report.labels, label)
	}
	if o.cover != "" {
		s.coverDir(filepath.Join(o.cover, "gocoverdir"))
	}
	result, err := s.boot(ctx, report, nil)
	if err != nil {
		report.crashed()
		return err
	}
	for _, line := range result.Boot {
		fmt.Fprintf(os.Stderr, "kernel log (boot): %s\n", line)
	}
	report.summary(o.kernel, result.Release)
	if report.failed > 0 {
		return errFailed
	}
	return nil
}

// batchTest adds one "[DIR=]BINARY".
func (s *session) batchTest(value string, extra []string) (p job.Program, label string, err error) {
	dir, binary, ok := strings.Cut(value, "=")
	if !ok {
		binary = value
		if dir, err = packageDir(binary); err != nil {
			return p, "", err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return p, "", err
	}
	args := []string{"-test.paniconexit0"}
	if limit := s.options.timeout - timeoutSlack; limit > 0 {
		args = append(args, "-test.timeout="+limit.String())
	}
	if s.options.verbose {
		args = append(args, "-test.v")
	}
	if s.options.run != "" {
		args = append(args, "-test.run="+s.options.run)
	}
	if s.options.cover != "" {
		profile, err := s.profile(binary)
		if err != nil {
			return p, "", err
		}
		args = append(args, "-test.coverprofile="+profile)
	}
	p, err = s.test(binary, dir, append(args, extra...))
	return p, packageName(binary), err
}

// profile returns where the coverage profile of a test binary goes.
func (s *session) profile(binary string) (string, error) {
	name := strings.TrimSuffix(filepath.Base(binary), ".test") + ".out"
	path, err := filepath.Abs(filepath.Join(s.options.cover, name))
	if err != nil {
		return "", err
	}
	if _, ok := s.places[path]; ok {
		return "", usagef("-cover: two test binaries would write %s", path)
	}
	return path, nil
}
