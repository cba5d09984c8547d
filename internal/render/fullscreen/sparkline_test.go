package fullscreen

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func TestSparkline(t *testing.T) {
	for _, tt := range []struct {
		values []int
		want   string
	}{
		{nil, ""},
		{[]int{0, 0}, "▁▁"},
		{[]int{0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█"},
		{[]int{0, 1, 1_000_000, 0}, "▁▂█▁"},
		{[]int{9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1}, "████████"}, // the last eight
	} {
		qt.Check(t, qt.Equals(sparkline(tt.values, 8), tt.want))
	}
}
