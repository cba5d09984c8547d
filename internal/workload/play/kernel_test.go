//go:build giouring && linux

package play

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload/ring"
)

// isolated marks a test process that has its network to itself, and says which of
// the runs are its part.
const isolated = "URINGLOAD_TEST_ISOLATED"

// parts is among how many processes the runs are divided: most of their time they
// wait for a kernel that defers what it releases.
const parts = 4

// mine reports whether a run is this process' part.
func mine(t *testing.T) bool {
	part, err := strconv.Atoi(os.Getenv(isolated))
	if err != nil {
		return true // the only one
	}
	name := fnv.New32a()
	name.Write([]byte(t.Name()))
	return int(name.Sum32()%parts) == part
}

// TestMain runs the tests in network namespaces of their own, where nobody else's
// sockets come and go, if it may make them.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == CompanionArg:
		if err := Accompany(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case os.Getenv(isolated) == "":
		if code, ok := runParts(); ok {
			os.Exit(code)
		}
	default:
		if err := raiseLoopback(); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// runParts runs the tests in as many processes as there are parts and returns the
// worst of their exit codes; false if it may not isolate them.
func runParts() (code int, ok bool) {
	var running []*exec.Cmd
	for part := range parts {
		c := exec.Command("/proc/self/exe", os.Args[1:]...)
		c.Stdout = new(bytes.Buffer)
		c.Stderr = c.Stdout
		c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", isolated, part))
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
		if c.Start() != nil {
			return 0, false // the first will be the only one to try
		}
		running = append(running, c)
	}
	for _, c := range running {
		_ = c.Wait() // its exit code says it all
		_, _ = os.Stdout.Write(c.Stdout.(*bytes.Buffer).Bytes())
		code = max(code, c.ProcessState.ExitCode())
		if c.ProcessState.ExitCode() < 0 {
			code = 1 // killed
		}
	}
	return code, true
}

func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// ordered reports whether this kernel releases nodes in order, as all before 6.13
// do. A node that belongs to one resource has a pointer to it.
var ordered = sync.OnceValue(func() bool {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		panic(err)
	}
	var node *btf.Struct
	if err := spec.TypeByName("io_rsrc_node", &node); err != nil {
		panic(err)
	}
	return !hasMember(node, "file_ptr")
})

func hasMember(typ btf.Type, name string) bool {
	var members []btf.Member
	switch t := btf.UnderlyingType(typ).(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		if m.Name == name || m.Name == "" && hasMember(m.Type, name) {
			return true
		}
	}
	return false
}

// grace returns once this kernel has released everything that it can release of
// what was removed until now. On kernels that defer it, that takes a second: what
// is removed last from a ring of its own shows when it is over.
func grace(t *testing.T) {
	t.Helper()
	r, err := ring.New(smallEntries, 0)
	qt.Assert(t, qt.IsNil(err))
	defer r.Close()
	fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	qt.Assert(t, qt.IsNil(err))
	defer unix.Close(fd)
	qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(1)))
	qt.Assert(t, qt.IsNil(r.UpdateFilesTag(0, []int32{int32(fd)}, []uint64{1})))
	qt.Assert(t, qt.IsNil(r.UpdateFiles(0, []int32{ring.Empty})))
	_, err = r.Wait(reapTimeout)
	qt.Assert(t, qt.IsNil(err))
}

// usedBecomes waits until so many sockets are in use. Those of other processes come
// and go, ours are there to stay or about to go.
func usedBecomes(t *testing.T, want int) {
	t.Helper()
	used, err := settle(want)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.Equals(used, want))
}
