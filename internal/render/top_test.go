package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/rendertest"
)

func TestRefreshTellsTheChange(t *testing.T) {
	tops := rendertest.Tops()
	qt.Check(t, qt.Equals(tops[0].Refresh, 1))
	qt.Check(t, qt.Equals(tops[1].Refresh, 2))
	for _, r := range tops[0].Rings {
		qt.Check(t, qt.IsNil(r.Change))
	}
	rings := tops[1].Rings
	qt.Check(t, qt.DeepEquals(rings[0].Change, &queue.Growth{Nodes: 17, Sockets: 17, Seconds: 2}))
	qt.Check(t, qt.DeepEquals(rings[1].Change, &queue.Growth{Seconds: 2}))
	qt.Check(t, qt.IsNil(rings[len(rings)-1].Change)) // it is new
}

func TestHostTotalCountsAll(t *testing.T) {
	top := rendertest.Tops()[1]
	shown := (&render.Selection{Filter: "nonsense"}).Of(top)
	qt.Check(t, qt.HasLen(shown.Rings, 0))
	qt.Check(t, qt.Equals(shown.Host, top.Host))
	qt.Check(t, qt.Equals(top.Host.Processes, 6))
	qt.Check(t, qt.Equals(top.Host.Rings, 7))
	qt.Check(t, qt.Equals(top.Host.Blocked, 2))
	qt.Check(t, qt.Equals(top.Host.Inexact, 2))
}

func TestSelection(t *testing.T) {
	top := rendertest.Tops()[1]
	for _, tt := range []struct {
		selection render.Selection
		want      string
	}{
		{render.Selection{Order: render.ByBytes}, "4121 4122 4124 4125 4123 4123 4126"},
		{render.Selection{Order: render.ByBytes, Reverse: true}, "4125 4123 4123 4126 4124 4122 4121"},
		{render.Selection{Order: render.ByPID, Filter: "DRAGON"}, "4121 4122 4123 4123 4124 4126"},
		{render.Selection{Order: render.ByComm}, "4121 4122 4124 4123 4123 4126 4125"},
		{render.Selection{Filter: "blocked"}, "4121 4122"},
		{render.Selection{Filter: "blocked 6379 tcp"}, "4121 4122"},
		{render.Selection{Filter: "worker@2"}, "4122"},
		{render.Selection{Filter: "send_zc"}, "4122"},
		{render.Selection{Filter: "412 docker"}, "4121"},
		{render.Selection{Filter: "blocked nonsense"}, ""},
	} {
		var pids []string
		for _, r := range tt.selection.Of(top).Rings {
			pids = append(pids, fmt.Sprint(r.Target.PID))
		}
		qt.Check(t, qt.Equals(strings.Join(pids, " "), tt.want), qt.Commentf("%+v", tt.selection))
	}
}
