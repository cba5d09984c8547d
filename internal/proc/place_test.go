package proc_test

import (
	"testing"
	"testing/fstest"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/proc"
)

const (
	id    = "4f5e6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
	inner = "0011223344556677889900112233445566778899001122334455667788990011"
	uid   = "7f9c2b1e-3a4d-4e5f-8a6b-1c2d3e4f5a6b"
	slice = "7f9c2b1e_3a4d_4e5f_8a6b_1c2d3e4f5a6b"
)

func TestParseCgroup(t *testing.T) {
	type place = proc.Place
	short, pod := id[:12], uid
	for _, tt := range []struct {
		name, text string
		want       place
	}{
		{"nothing", "0::/\n", place{}},
		{"empty", "", place{}},
		{"no cgroup at all", "what is this\n", place{}},
		{"service", "0::/system.slice/dragonfly.service\n", place{Unit: "dragonfly.service"}},
		{"delegated part of a service", "0::/system.slice/dragonfly.service/worker\n", place{Unit: "dragonfly.service"}},
		{"template in a slice of its own", "0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n", place{Unit: "postgresql@15-main.service"}},
		{"name with colons", "0::/system.slice/system-sshd.slice/sshd@3-10.0.2.15:22-10.0.2.2:41538.service\n", place{Unit: "sshd@3-10.0.2.15:22-10.0.2.2:41538.service"}},
		{"removed service", "0::/system.slice/dragonfly.service (deleted)\n", place{Unit: "dragonfly.service"}},
		{"user's service", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/cache.service\n", place{Unit: "cache.service"}},
		{"user's session", "0::/user.slice/user-1000.slice/session-3.scope\n", place{Unit: "session-3.scope"}},
		{"user's manager", "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", place{Unit: "user@1000.service"}},
		{"init", "0::/init.scope\n", place{Unit: "init.scope"}},
		{"docker, systemd", "0::/system.slice/docker-" + id + ".scope\n", place{Runtime: "docker", Container: short}},
		{"docker, cgroupfs", "0::/docker/" + id + "\n", place{Runtime: "docker", Container: short}},
		{"systemd in docker", "0::/docker/" + id + "/system.slice/nginx.service\n", place{Unit: "nginx.service", Runtime: "docker", Container: short}},
		{"init in docker", "0::/system.slice/docker-" + id + ".scope/init.scope\n", place{Runtime: "docker", Container: short}},
		{"seen from another container", "0::/../docker-" + id + ".scope\n", place{Runtime: "docker", Container: short}},
		{"nerdctl", "0::/system.slice/nerdctl-" + id + ".scope\n", place{Runtime: "containerd", Container: short}},
		{"some runtime", "0::/ecs/0a1b2c3d/" + id + "\n", place{Container: short}},
		{"podman", "0::/machine.slice/libpod-" + id + ".scope/container\n", place{Runtime: "podman", Container: short}},
		{"podman, cgroupfs", "0::/libpod_parent/libpod-" + id + "\n", place{Runtime: "podman", Container: short}},
		{"podman of a user", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope\n", place{Runtime: "podman", Container: short}},
		{"podman in a unit", "0::/system.slice/web.service/libpod-payload-" + id + "\n", place{Unit: "web.service", Runtime: "podman", Container: short}},
		{"podman's monitor", "0::/machine.slice/libpod-conmon-" + id + ".scope\n", place{Unit: "libpod-conmon-" + id + ".scope"}},
		{
			"kubernetes, containerd, systemd",
			"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + slice + ".slice/cri-containerd-" + id + ".scope\n",
			place{Runtime: "containerd", Container: short, Pod: pod},
		},
		{
			"kubernetes, guaranteed",
			"0::/kubepods.slice/kubepods-pod" + slice + ".slice/cri-containerd-" + id + ".scope\n",
			place{Runtime: "containerd", Container: short, Pod: pod},
		},
		{
			"kubernetes, cri-o, systemd",
			"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + slice + ".slice/crio-" + id + ".scope/container\n",
			place{Runtime: "cri-o", Container: short, Pod: pod},
		},
		{"kubernetes, cri-o, cgroupfs", "0::/kubepods/burstable/pod" + uid + "/crio-" + id + "\n", place{Runtime: "cri-o", Container: short, Pod: pod}},
		{"kubernetes, cgroupfs", "0::/kubepods/burstable/pod" + uid + "/" + id + "\n", place{Container: short, Pod: pod}},
		{"static pod", "0::/kubepods/burstable/pod" + inner[:32] + "/" + id + "\n", place{Container: short, Pod: inner[:32]}},
		{
			"kubernetes, docker, systemd",
			"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + slice + ".slice/docker-" + id + ".scope\n",
			place{Runtime: "docker", Container: short, Pod: pod},
		},
		{
			"containerd that was told the wrong driver",
			"0::/system.slice/containerd.service/kubepods-burstable-pod" + slice + ".slice:cri-containerd:" + id + "\n",
			place{Runtime: "containerd", Container: short, Pod: pod},
		},
		{
			"kind: a node of the cluster is a container itself",
			"0::/docker/" + inner + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + slice + ".slice/cri-containerd-" + id + ".scope\n",
			place{Runtime: "containerd", Container: short, Pod: pod},
		},
		{
			"v1, systemd",
			"12:memory:/system.slice/docker-" + inner + ".scope\n3:cpu,cpuacct:/\n1:name=systemd:/system.slice/docker-" + id + ".scope\n",
			place{Runtime: "docker", Container: short},
		},
		{"v1 without systemd", "4:memory:/docker/" + id + "\n3:cpuset:/docker/" + id + "\n", place{Runtime: "docker", Container: short}},
		{"mixed, unified is empty", "1:name=systemd:/system.slice/cron.service\n0::/\n", place{Unit: "cron.service"}},
		{"mixed, unified tells", "1:name=systemd:/system.slice/cron.service\n0::/system.slice/ssh.service\n", place{Unit: "ssh.service"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			qt.Check(t, qt.Equals(proc.ParseCgroup(tt.text), tt.want))
		})
	}
}

func TestPlaceOf(t *testing.T) {
	fsys := fstest.MapFS{"7/cgroup": {Data: []byte("0::/system.slice/cron.service\n")}}
	qt.Check(t, qt.Equals(proc.PlaceOf(fsys, 7), proc.Place{Unit: "cron.service"}))
	qt.Check(t, qt.Equals(proc.PlaceOf(fsys, 8), proc.Place{}))
}

func FuzzParseCgroup(f *testing.F) {
	f.Add("0::/kubepods.slice/kubepods-pod" + slice + ".slice/cri-containerd-" + id + ".scope\n")
	f.Fuzz(func(_ *testing.T, text string) { proc.ParseCgroup(text) })
}
