//go:build linux

package probe

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Capabilities tells which of the capabilities that matter the process has.
func Capabilities() ([]Capability, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil, fmt.Errorf("read own capabilities: %w", err)
	}
	have := func(c int) bool { return data[c/32].Effective&(1<<(c%32)) != 0 }
	admin := have(unix.CAP_SYS_ADMIN)
	return []Capability{
		{"CAP_BPF", admin || have(unix.CAP_BPF)},
		{"CAP_PERFMON", admin || have(unix.CAP_PERFMON)},
	}, nil
}

// CheckPrivilege returns nil, or an error around ErrPrivilege that names what
// is missing and the remedy.
func CheckPrivilege() error {
	caps, err := Capabilities()
	if err != nil {
		return err
	}
	var missing []string
	for _, c := range caps {
		if !c.Have {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		exe = "uringtrace"
	}
	return fmt.Errorf("%w: %s; run it with sudo, or once: setcap cap_bpf,cap_perfmon+ep %s",
		ErrPrivilege, strings.Join(missing, ", "), exe)
}
