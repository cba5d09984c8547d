package text

import (
	"testing"
	"time"

	"github.com/go-quicktest/qt"
)

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 184332: "184,332", 1234567: "1,234,567", -1000: "-1,000"} {
		qt.Check(t, qt.Equals(thousands(n), want))
	}
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 3816: "3.7 KiB", 708_837_376: "676 MiB", 1 << 62: "4096 PiB"} {
		qt.Check(t, qt.Equals(size(n), want))
	}
	for d, want := range map[time.Duration]string{
		0: "0ms", 7 * time.Second: "7s", 182 * time.Second: "3m02s", 5*time.Hour + 10*time.Minute: "5h10m", 51 * time.Hour: "2d03h",
	} {
		qt.Check(t, qt.Equals(age(d), want))
	}
}
