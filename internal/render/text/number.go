package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// thousands writes n with commas: 184,332.
func thousands[T ~int | ~uint64](n T) string {
	digits := fmt.Sprint(n)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Thousands writes n with commas, as all figures are written.
func Thousands(n uint64) string { return thousands(n) }

// count writes a number with its noun: "1 node", "2,000 nodes".
func count[T ~int | ~uint64](n T, noun string) string { return countOf(n, noun, noun+"s") }

// countOf is count for a noun with a plural of its own.
func countOf[T ~int | ~uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// size writes bytes with three digits or so: 512 B, 3.7 KiB, 676 MiB.
func size(n uint64) string {
	const unit = 1024
	if n < unit {
		return strconv.FormatUint(n, 10) + " B"
	}
	value, prefix := float64(n), -1
	for value >= unit && prefix < 4 {
		value /= unit
		prefix++
	}
	digits := 1
	if value >= 100 {
		digits = 0
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + string("KMGTP"[prefix]) + "iB"
}

// age writes how long something lasts: 40ms, 7s, 3m02s, 5h10m, 2d03h.
func age(d time.Duration) string {
	seconds := int(d / time.Second)
	switch {
	case d < time.Second:
		return strconv.Itoa(int(d/time.Millisecond)) + "ms"
	case d < time.Minute:
		return strconv.Itoa(seconds) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", seconds/60, seconds%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", seconds/3600, seconds/60%60)
	}
	return fmt.Sprintf("%dd%02dh", seconds/86400, seconds/3600%24)
}

// lapse writes seconds as age does, with tenths of them below a minute.
func lapse(seconds float64) string {
	if seconds < 60 {
		return strconv.FormatFloat(seconds, 'f', 1, 64) + "s"
	}
	return age(time.Duration(seconds * float64(time.Second)))
}

// Clean makes a name that a process chose for itself safe for a terminal.
func Clean(name string) string {
	if name == "" {
		return "?"
	}
	return Printable(name)
}

// Printable is text in which what could drive a terminal is replaced.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
