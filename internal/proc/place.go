package proc

import (
	"io/fs"
	"regexp"
	"strings"
)

// Place is where a process runs, as far as its cgroup tells. Empty fields are
// what it is not in.
type Place struct {
	Unit      string // innermost systemd unit: foo.service, session-3.scope
	Runtime   string // docker, containerd, cri-o or podman; empty: not told
	Container string // the first 12 digits of its id, as the runtimes' own tools print it
	Pod       string // uid of the Kubernetes pod
}

// PlaceOf is where process pid runs.
func PlaceOf(proc fs.FS, pid int) Place { return ParseCgroup(read(proc, pid, "cgroup")) }

// ParseCgroup finds the place in the text of /proc/PID/cgroup, which has one line
// for each hierarchy: one alone with cgroup v2, many with v1, both if they are
// mixed. The unified hierarchy and systemd's own tell most; without systemd the
// container is in the lines of the controllers.
func ParseCgroup(text string) Place {
	var best Place
	rank := 0
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		if len(parts) != 3 {
			continue
		}
		r := 1
		switch {
		case parts[0] == "0":
			r = 3
		case parts[1] == "name=systemd":
			r = 2
		}
		if place := parsePath(parts[2]); place != (Place{}) && r > rank {
			best, rank = place, r
		}
	}
	return best
}

var (
	// A pod's slice or directory: kubepods-burstable-podUID.slice with the systemd
	// driver, which writes the dashes of the uid as underscores, podUID with
	// cgroupfs. A static pod's uid is a hash.
	podSegment = regexp.MustCompile(`^(?:.*-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$`)

	// A container's scope or directory. conmon, podman's and cri-o's monitor, is
	// beside the container and does not match.
	containerSegment = regexp.MustCompile(`^(?:(docker|nerdctl|cri-containerd|crio|libpod|libpod-payload)-)?([0-9a-f]{64})(?:\.scope)?$`)

	// What containerd makes of a systemd path when it was told to use cgroupfs, all
	// in one segment.
	mixedSegment = regexp.MustCompile(`^([^:]+):(cri-containerd|crio|docker):([0-9a-f]{64})$`)
)

// runtimes by the first word of a container's segment, or by the directory that
// it is in.
var runtimes = map[string]string{
	"docker": "docker", "nerdctl": "containerd", "cri-containerd": "containerd", "crio": "cri-o",
	"libpod": "podman", "libpod-payload": "podman", "libpod_parent": "podman",
}

// shortID is how many digits of a container's id people see elsewhere.
const shortID = 12

// parsePath goes from the root inwards: what is innermost counts.
func parsePath(path string) Place {
	var p Place
	parent := ""
	for segment := range strings.SplitSeq(strings.TrimSuffix(path, " (deleted)"), "/") {
		if m := mixedSegment.FindStringSubmatch(segment); m != nil {
			p.pod(m[1])
			p.container(m[2], m[3])
		} else if m := containerSegment.FindStringSubmatch(segment); m != nil {
			prefix := m[1]
			if prefix == "" {
				prefix = parent
			}
			p.container(prefix, m[2])
		} else if !p.pod(segment) {
			p.unit(segment)
		}
		parent = segment
	}
	return p
}

func (p *Place) pod(segment string) bool {
	m := podSegment.FindStringSubmatch(segment)
	if m != nil {
		p.Pod = strings.ReplaceAll(m[1], "_", "-")
	}
	return m != nil
}

// container notes a container. The unit around it is that of the runtime and says
// nothing of the process, unless podman was started by the unit for it alone.
func (p *Place) container(prefix, id string) {
	p.Runtime, p.Container = runtimes[prefix], id[:shortID]
	if prefix != "libpod-payload" {
		p.Unit = ""
	}
}

func (p *Place) unit(segment string) {
	switch {
	case segment == "init.scope" && *p != (Place{}):
		// The manager of a user or of a container: its unit is the outer one.
	case strings.HasSuffix(segment, ".service"), strings.HasSuffix(segment, ".scope"):
		p.Unit = segment
	}
}
