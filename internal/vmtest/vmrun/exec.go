//go:build linux

package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"uringtrace/internal/vmtest/job"
)

// timeoutSlack is what the machine gets on top of -test.timeout, so that the
// test can still print its goroutines.
const timeoutSlack = time.Minute

// maxPackageFile is the size up to which files beside a test come with it.
const maxPackageFile = 1 << 20

// runExec is "vmrun exec".
func runExec(ctx context.Context, o options) error {
	if len(o.args) == 0 {
		return usagef("exec: no test binary")
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if limit, ok := testTimeout(o.args[1:]); ok && !o.timeoutSet {
		o.timeout = machineTimeout(limit)
	}
	s, err := newSession(o)
	if err != nil {
		return err
	}
	p, err := s.test(o.args[0], dir, o.args[1:])
	if err != nil {
		return err
	}
	s.job.Programs = []job.Program{p}
	return s.passExit(ctx)
}

// test adds a test binary with the files of its package, and asks for the
// files that it will write.
func (s *session) test(binary, dir string, args []string) (job.Program, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return job.Program{}, err
	}
	if err := s.addProgram(path); err != nil {
		return job.Program{}, err
	}
	if err := s.addPackage(dir); err != nil {
		return job.Program{}, err
	}
	p := job.Program{Path: path, Args: append([]string{binary}, args...), Dir: dir}
	for _, out := range testOutputs(dir, args) {
		s.pull(out.path, out.path)
		parent := out.path
		if !out.dir {
			parent = filepath.Dir(out.path)
		}
		p.Parents = append(p.Parents, parent)
	}
	return p, nil
}

// addPackage adds testdata and the small files of a package's directory.
func (s *session) addPackage(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		info, err := os.Stat(name)
		if err != nil {
			continue // a dangling link
		}
		switch {
		case e.Name() == "testdata" && info.IsDir():
			err = s.root.Copy(name, name)
		case small(info):
			err = s.root.File(name, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func small(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Size() <= maxPackageFile
}

// output is a file or directory that a test binary will write.
type output struct {
	path string
	dir  bool
}

// testOutputs finds them in the flags of a test binary.
func testOutputs(dir string, args []string) []output {
	base := dir
	if value, ok := testFlag(args, "outputdir"); ok {
		base = absolute(dir, value)
	}
	var outs []output
	for _, name := range []string{"coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile", "trace"} {
		if value, ok := testFlag(args, name); ok && value != "" {
			outs = append(outs, output{path: absolute(base, value)})
		}
	}
	// -test.testlogfile stays inside: without it go test caches no result,
	// and a result of another kernel must not be cached.
	if value, ok := testFlag(args, "gocoverdir"); ok && value != "" {
		outs = append(outs, output{path: absolute(dir, value), dir: true})
	}
	return outs
}

// testFlag returns the value of -test.NAME, given as one argument or two.
func testFlag(args []string, name string) (string, bool) {
	for i, arg := range args {
		if arg == "--" || arg == "-args" {
			break
		}
		flag, ok := strings.CutPrefix("-"+strings.TrimLeft(arg, "-"), "-test."+name)
		if !ok || !strings.HasPrefix(arg, "-") {
			continue
		}
		if value, ok := strings.CutPrefix(flag, "="); ok {
			return value, true
		}
		if flag == "" && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}

func testTimeout(args []string) (time.Duration, bool) {
	value, ok := testFlag(args, "timeout")
	if !ok {
		return 0, false
	}
	limit, err := time.ParseDuration(value)
	return limit, err == nil
}

// machineTimeout leaves the test's own limit, where 0 is none, to the test.
func machineTimeout(limit time.Duration) time.Duration {
	if limit == 0 {
		return 0
	}
	return max(limit+timeoutSlack, defaultTimeout)
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
