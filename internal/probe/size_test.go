//go:build linux

package probe

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func TestKmallocBytes(t *testing.T) {
	for size, want := range map[uint64]uint64{1: 8, 8: 8, 48: 64, 64: 64, 65: 96, 72: 96, 97: 128, 129: 192, 193: 256, 1025: 2048} {
		qt.Check(t, qt.Equals(kmallocBytes(size), want), qt.Commentf("%d bytes", size))
	}
}

func TestParseNodeList(t *testing.T) {
	for text, want := range map[string]uint32{"0\n": 1, "0-3\n": 4, "0,2-7\n": 8, "": 1, "odd": 1} {
		qt.Check(t, qt.Equals(parseNodeList(text), want), qt.Commentf("%q", text))
	}
}
