//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"uringtrace/internal/vmtest/cpio"
	"uringtrace/internal/vmtest/job"
	"uringtrace/internal/vmtest/kernel"
	"uringtrace/internal/vmtest/machine"
)

// session collects what one machine gets and gives back.
type session struct {
	options options
	root    *cpio.Tree
	job     job.Job
	places  map[string]string // of pulled files: guest path to path here
	asked   map[string]bool   // pulled because the command line says so
}

func newSession(o options) (*session, error) {
	s := &session{
		options: o,
		root:    cpio.NewTree(),
		places:  make(map[string]string),
		asked:   make(map[string]bool),
	}
	if err := s.skeleton(); err != nil {
		return nil, err
	}
	for _, dir := range o.bins {
		if err := s.bin(dir); err != nil {
			return nil, fmt.Errorf("-bin %s: %w", dir, err)
		}
	}
	for _, value := range o.adds {
		if err := s.add(pair(value)); err != nil {
			return nil, fmt.Errorf("-add %s: %w", value, err)
		}
	}
	for _, value := range o.pulls {
		src, dst := pair(value)
		guest, err := filepath.Abs(src)
		if err != nil {
			return nil, err
		}
		s.asked[guest] = true
		s.pull(guest, dst)
	}
	if o.busybox {
		if err := s.addBusybox(); err != nil {
			return nil, err
		}
	}
	s.job.Env = environment(o.env)
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		s.coverDir(dir)
	}
	return s, nil
}

// skeleton is what every machine has.
func (s *session) skeleton() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := checkStatic(self); err != nil {
		return err
	}
	if err := s.root.File("/init", self); err != nil {
		return err
	}
	// The kernel opens the console before anything is mounted.
	s.root.Char("/dev/console", 5, 1)
	s.root.Char("/dev/null", 1, 3)
	for _, dir := range []string{"/proc", "/sys", "/bin", "/run", "/root"} {
		s.root.Dir(dir, 0o755)
	}
	s.root.Dir("/tmp", 0o777|os.ModeSticky)
	s.root.Bytes("/etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"), 0o644)
	s.root.Bytes("/etc/group", []byte("root:x:0:\nnogroup:x:65534:\n"), 0o644)
	s.root.Bytes("/etc/hosts", []byte("127.0.0.1 localhost vmrun\n::1 localhost\n"), 0o644)
	return nil
}

func (s *session) bin(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := s.root.File("/bin/"+e.Name(), name); err != nil {
			return err
		}
	}
	return nil
}

// add copies src of this machine to dst, seen from the working directory.
func (s *session) add(src, dst string) error {
	dst, err := filepath.Abs(dst)
	if err != nil {
		return err
	}
	return s.root.Copy(dst, src)
}

// pull brings the guest's path back to dst.
func (s *session) pull(guest, dst string) {
	s.job.Pull = append(s.job.Pull, guest)
	s.places[guest] = dst
}

// coverDir lets instrumented programs write their coverage to dir.
func (s *session) coverDir(dir string) {
	const guest = "/tmp/.gocoverdir"
	s.root.Dir(guest, 0o777)
	s.job.Env = append(s.job.Env, "GOCOVERDIR="+guest)
	s.pull(guest, dir)
}

// place tells where a pulled file belongs.
func (s *session) place(guest string) (string, bool) {
	for dir := guest; dir != "/"; dir = filepath.Dir(dir) {
		if host, ok := s.places[dir]; ok {
			return filepath.Join(host, strings.TrimPrefix(guest, dir)), true
		}
	}
	return "", false
}

// boot runs the machine to its end.
func (s *session) boot(ctx context.Context, sink job.Sink, console *machine.Console) (*job.Result, error) {
	k, err := findKernel(ctx, s.options)
	if err != nil {
		return nil, err
	}
	if s.options.debug && k.Debug != "" {
		if err := s.root.File(k.DebugPath(), k.Debug); err != nil {
			return nil, err
		}
	}
	if err := s.addJob(); err != nil {
		return nil, err
	}
	result, err := s.tryBoot(ctx, machine.Config{
		Kernel:  k.Path,
		Root:    s.root,
		Memory:  s.options.memory,
		CPUs:    s.options.cpus,
		ICount:  s.options.icount,
		Append:  strings.Fields(s.options.append),
		Timeout: s.options.timeout,
		Console: console,
	}, sink)
	if err != nil {
		return nil, err
	}
	if result.Error != "" {
		return nil, fmt.Errorf("guest: %s", result.Error)
	}
	for _, path := range result.Missing {
		if s.asked[path] {
			fmt.Fprintf(os.Stderr, "vmrun: -pull %s: the machine has no such file\n", path)
		}
	}
	return result, nil
}

// boots is how often a machine may die before its user space is up.
const boots = 3

// tryBoot runs the machine, and again if its kernel dies while it boots, as one patched
// under an emulator's eyes may. Nothing of ours has run by then, so nothing is hidden by
// another try; what dies later is an error.
func (s *session) tryBoot(ctx context.Context, c machine.Config, sink job.Sink) (*job.Result, error) {
	for try := 1; ; try++ {
		result, err := machine.Run(ctx, c, sink, s.place)
		if !bootAgain(err, try) || c.Console != nil {
			return result, err
		}
		fmt.Fprintf(os.Stderr, "vmrun: the kernel died while it booted (%s); once more\n", bootDeath(err))
	}
}

// bootAgain reports whether the try that ended with err is worth another one.
func bootAgain(err error, try int) bool {
	var crash *machine.CrashError
	return errors.As(err, &crash) && !crash.Booted && try < boots &&
		errors.Is(err, job.ErrNoResult) // not a timeout, a signal or QEMU's own trouble
}

// bootDeath is what the kernel said last that was a complaint.
func bootDeath(err error) string {
	var crash *machine.CrashError
	if errors.As(err, &crash) && len(crash.Complaints) > 0 {
		return crash.Complaints[len(crash.Complaints)-1]
	}
	return err.Error()
}

// findKernel returns the kernel, fetched now if need be. Of one that is given by path
// nothing but that is known.
func findKernel(ctx context.Context, o options) (kernel.Kernel, error) {
	if strings.Contains(o.kernel, "/") {
		_, err := os.Stat(o.kernel)
		return kernel.Kernel{Path: o.kernel}, err
	}
	f, err := fetcher(o)
	if err != nil {
		return kernel.Kernel{}, err
	}
	k, err := f.Cache.Find(o.kernel)
	if errors.Is(err, kernel.ErrNotCached) {
		if err := f.Fetch(ctx, o.kernel); err != nil {
			return kernel.Kernel{}, err
		}
		k, err = f.Cache.Find(o.kernel)
	}
	return k, err
}

// environment resolves -env: "name=value", or "name" for the value here.
// Switches of the Go runtime pass unasked.
func environment(wanted []string) []string {
	var env []string
	for _, e := range append([]string{"GODEBUG", "GOTRACEBACK", "GOGC", "GOMEMLIMIT"}, wanted...) {
		if strings.Contains(e, "=") {
			env = append(env, e)
		} else if value, ok := os.LookupEnv(e); ok {
			env = append(env, e+"="+value)
		}
	}
	return env
}
