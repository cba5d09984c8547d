//go:build giouring && linux

package play

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/workload"
)

func improvised(seed uint64, flags ...workload.RingFlag) workload.Options {
	o := quick()
	o.Seed, o.Ops, o.Checkpoints, o.Flags = seed, 600, 3, flags
	return o
}

func TestRandomIsWhatTheKernelSees(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("mixed seed %d", seed), func(t *testing.T) { checkRandom(t, improvised(seed)) })
	}
	for flag := range setUps() {
		t.Run(string(flag), func(t *testing.T) {
			o := improvised(100, flag)
			if flag == workload.FlagSQPoll {
				o.Ops = 100 // three busy kernel threads share the processors with us
			}
			checkRandom(t, o)
		})
	}
}

func checkRandom(t *testing.T, o workload.Options) {
	if !mine(t) {
		return
	}
	before := openFDs(t)
	var rings []workload.Ring
	var last workload.Stage
	stages := at(t, "random", o, func(stage workload.Stage) {
		switch stage.Name {
		case workload.StageReady:
			rings = append([]workload.Ring{stage.Ring}, stage.Others...)
		case workload.StageCheckpoint:
			qt.Assert(t, qt.HasLen(stage.States, len(rings)))
			for i, r := range rings {
				checkTables(t, r.RingFD, stage.States[i])
				checkPolls(t, r, pinsOn(stage.Pins, i))
				var earlier workload.RingState
				if last.Checkpoint != nil {
					earlier = last.States[i]
				}
				checkTags(t, earlier, stage.States[i])
			}
			checkWorkers(t, stage.Pins)
			grace(t)
			want := stage.Base + stage.Independent
			if ordered() {
				want = stage.Base + stage.Ordered
			}
			usedBecomes(t, want)
			last = stage
		case workload.StageDone:
			qt.Check(t, qt.Equals(last.Ops, o.Ops))
			qt.Check(t, qt.Equals(stage.Behind, last.Ordered-last.Independent))
			qt.Check(t, qt.DeepEquals(stage.Pins, last.Pins))
		}
	})
	qt.Check(t, qt.Equals(stages[len(stages)-1].SocketsUsed, stages[0].SocketsUsed))
	qt.Check(t, qt.Equals(openFDs(t), before))
}

func pinsOn(pins []workload.Pin, ring int) []workload.Pin {
	return slices.DeleteFunc(slices.Clone(pins), func(p workload.Pin) bool { return p.Ring != ring })
}

var (
	tableHead = regexp.MustCompile(`^(\w+):`)
	tableLine = regexp.MustCompile(`^\s*(\d+): (.*)$`)
)

// checkTables holds the tables against what the kernel prints of them.
func checkTables(t *testing.T, fd int, state workload.RingState) {
	t.Helper()
	info, err := fdinfo(fd)
	qt.Assert(t, qt.IsNil(err))
	files, buffers := map[int]string{}, map[int]string{}
	section := ""
	for line := range strings.Lines(info) {
		m := tableLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			if head := tableHead.FindStringSubmatch(line); head != nil {
				section = head[1]
			}
			continue
		}
		slot, err := strconv.Atoi(m[1])
		qt.Assert(t, qt.IsNil(err))
		switch {
		case section == "UserFiles" && m[2] != "<none>":
			files[slot] = m[2]
		case section == "UserBufs" && strings.Contains(m[2], fmt.Sprintf("/%d", bufferSize)):
			buffers[slot] = m[2] // an empty one has another size
		}
	}

	qt.Check(t, qt.HasLen(state.Files, len(files)), qt.Commentf("%v %v", files, state.Files))
	for _, f := range state.Files {
		name := files[f.Slot]
		qt.Check(t, qt.Equals(strings.Contains(name, "memfd:"), f.Kind == workload.KindFile), qt.Commentf("%s %v", name, f))
		// Older kernels have no words for a pipe and call a socket TCP or UDP.
		pipe := name == "" || strings.HasPrefix(name, "pipe:")
		qt.Check(t, qt.Equals(pipe, f.Kind == workload.KindPipe), qt.Commentf("%s %v", name, f))
		if _, inode, ok := strings.Cut(name, "socket:["); ok && f.Inode != 0 {
			qt.Check(t, qt.Equals(inode, fmt.Sprintf("%d]", f.Inode)))
		}
	}
	qt.Check(t, qt.HasLen(state.Buffers, len(buffers)), qt.Commentf("%v %v", buffers, state.Buffers))
	for _, b := range state.Buffers {
		qt.Check(t, qt.Not(qt.Equals(buffers[b.Slot], "")))
	}
}

// checkTags asserts that no tag came that had no reason to, and that those have come
// that were due at the checkpoint before.
func checkTags(t *testing.T, before, now workload.RingState) {
	t.Helper()
	due := func(s workload.RingState) []workload.UserData {
		if ordered() {
			return s.TagsOrdered
		}
		return s.TagsIndependent
	}
	for _, tag := range now.Tags {
		if ordered() || !slices.Contains(now.TagsDropped, tag) {
			qt.Check(t, qt.IsTrue(slices.Contains(due(now), tag)), qt.Commentf("%v came too early", tag))
		}
	}
	for _, tag := range due(before) {
		qt.Check(t, qt.IsTrue(slices.Contains(now.Tags, tag)), qt.Commentf("%v did not come", tag))
	}
}

// shape is a checkpoint without what differs from run to run.
func shape(stages []workload.Stage) []string {
	var list []string
	for _, s := range stages {
		if s.Name != workload.StageCheckpoint {
			continue
		}
		c := *s.Checkpoint
		c.Index, c.Base = 0, 0
		for i := range c.States {
			c.States[i].Tags = nil
			for _, table := range [][]workload.Resource{c.States[i].Files, c.States[i].Buffers} {
				for j := range table {
					table[j].Inode = 0
				}
			}
			for _, q := range c.States[i].Queue {
				for j := range q.Resources {
					q.Resources[j].Inode = 0
				}
			}
		}
		text := fmt.Sprintf("%+v", c)
		for _, p := range s.Pins {
			p.Inode, p.TID = 0, 0
			text += fmt.Sprintf(" %+v", p)
		}
		list = append(list, text)
	}
	return list
}

func TestSameSeedMakesTheSame(t *testing.T) {
	if !mine(t) {
		return
	}
	first := shape(play(t, "random", improvised(7)))
	qt.Assert(t, qt.HasLen(first, 3))
	qt.Assert(t, qt.DeepEquals(shape(play(t, "random", improvised(7))), first))
	qt.Assert(t, qt.Not(qt.DeepEquals(shape(play(t, "random", improvised(8))), first)))

	// More looks don't change what there is to see.
	o := improvised(7)
	o.Checkpoints = 9
	more := shape(play(t, "random", o))
	qt.Assert(t, qt.HasLen(more, 9))
	qt.Assert(t, qt.Equals(more[8], first[2]))
}

func TestRandomOfNothing(t *testing.T) {
	o := improvised(1)
	o.Ops, o.Checkpoints = 0, 1
	checkRandom(t, o)
}
