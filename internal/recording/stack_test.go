package recording

import (
	"bytes"
	"io"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// What claims more stacks or frames than there can be is refused.
func TestStackLimits(t *testing.T) {
	for _, sc := range []struct {
		id     uint32
		frames int
		ok     bool
	}{{maxStacks - 1, maxFrames - 1, true}, {maxStacks, 1, false}, {1, maxFrames, false}} {
		stack := events.Stack{ID: sc.id, Frames: make([]events.Frame, sc.frames)}
		_, err := read(t, bytes.NewReader(write(t, someHeader(), []events.Entry{{Kind: events.Stacked, Time: 1, Stack: &stack}})))
		if sc.ok {
			qt.Check(t, qt.ErrorIs(err, io.EOF))
		} else {
			qt.Check(t, qt.ErrorIs(err, errRange))
		}
	}
}
