//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// processTime is the processor time that a process' threads have used, in
// nanoseconds.
func processTime(pid int) (uint64, error) {
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var sum uint64
	for _, name := range names {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the thread has ended
		}
		if err != nil {
			return 0, err
		}
		var ns uint64
		if _, err := fmt.Sscan(string(text), &ns); err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		sum += ns
	}
	return sum, nil
}

// runTime is the place of a processor's run time in its line of /proc/schedstat.
const runTime = 7

// machineTime is the time that processors have run tasks, in nanoseconds.
func machineTime() (uint64, error) {
	const name = "/proc/schedstat"
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	var sum uint64
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) <= runTime || !strings.HasPrefix(fields[0], "cpu") {
			continue
		}
		var ns uint64
		if _, err := fmt.Sscan(fields[runTime], &ns); err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		sum += ns
	}
	return sum, lines.Err()
}
