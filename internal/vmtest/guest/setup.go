//go:build linux

package guest

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const (
	hostname = "vmrun"
	// openFiles is the limit of open files, soft and hard: tests fill fixed
	// file tables.
	openFiles = 1 << 20
)

type mount struct {
	source, target, kind string
	optional             bool
}

// mounts is in the order in which they have to happen. /tmp needs none: the
// root of an initramfs is a tmpfs already.
func mounts() []mount {
	return []mount{
		{source: "proc", target: "/proc", kind: "proc"},
		{source: "sysfs", target: "/sys", kind: "sysfs"},
		{source: "devtmpfs", target: "/dev", kind: "devtmpfs"},
		{source: "devpts", target: "/dev/pts", kind: "devpts", optional: true},
		{source: "tmpfs", target: "/dev/shm", kind: "tmpfs"},
		{source: "debugfs", target: "/sys/kernel/debug", kind: "debugfs"},
		{source: "tracefs", target: "/sys/kernel/tracing", kind: "tracefs"},
		{source: "bpf", target: "/sys/fs/bpf", kind: "bpf"},
		{source: "cgroup2", target: "/sys/fs/cgroup", kind: "cgroup2"},
	}
}

// setup makes the machine look like a small, ordinary Linux.
func setup() error {
	unix.Umask(0o022)
	for _, m := range mounts() {
		if err := m.do(); err != nil {
			return err
		}
	}
	if err := unix.Sethostname([]byte(hostname)); err != nil {
		return fmt.Errorf("set hostname: %w", err)
	}
	if err := LoopbackUp(); err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	return raiseLimits()
}

func (m mount) do() error {
	// Mount points below sysfs are there or cannot be made.
	if err := os.MkdirAll(m.target, 0o755); err != nil && !m.optional {
		return fmt.Errorf("mount point of %s: %w", m.kind, err)
	}
	err := unix.Mount(m.source, m.target, m.kind, 0, "")
	// devtmpfs may be mounted by the kernel itself.
	if err != nil && !m.optional && !errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("mount %s on %s: %w", m.kind, m.target, err)
	}
	return nil
}

// LoopbackUp brings lo up in the network namespace of the calling thread; a new
// one has it down and without its address.
func LoopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}

func raiseLimits() error {
	for _, name := range []string{"nr_open", "file-max"} {
		value := fmt.Sprint(openFiles)
		if name == "file-max" {
			// The whole machine must have room for one full process.
			value = fmt.Sprint(2 * openFiles)
		}
		if err := os.WriteFile("/proc/sys/fs/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	limit := unix.Rlimit{Cur: openFiles, Max: openFiles}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raise the limit of open files: %w", err)
	}
	return nil
}
