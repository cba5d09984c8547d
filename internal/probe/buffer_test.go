package probe

import (
	"os"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestCheckBuffer(t *testing.T) {
	page := os.Getpagesize()
	for _, bytes := range []int{page, 2 * page, DefaultBuffer, 1 << 30} {
		qt.Check(t, qt.IsNil(CheckBuffer(bytes)), qt.Commentf("%d", bytes))
	}
	for _, bytes := range []int{-page, 0, 1, page / 2, page + 1, 3 * page, 1 << 31} {
		qt.Check(t, qt.ErrorMatches(CheckBuffer(bytes), "the ring buffer's size must be a power of two .*"), qt.Commentf("%d", bytes))
	}
}
