package bench

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// GoBench is one line of the output of go test -bench.
type GoBench struct {
	Name string
	// Values are its figures by their units, ns/op and the others.
	Values map[string]float64
}

// ReadGoBench reads the lines that are benchmarks.
func ReadGoBench(r io.Reader) ([]GoBench, error) {
	var list []GoBench
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		b := GoBench{Name: strings.TrimPrefix(withoutProcessors(fields[0]), "Benchmark"), Values: map[string]float64{}}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("read benchmark %q: %w", lines.Text(), err)
			}
			b.Values[fields[i+1]] = value
		}
		list = append(list, b)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read benchmarks: %w", err)
	}
	return list, nil
}

// withoutProcessors takes away the number that go test puts behind the name.
func withoutProcessors(name string) string {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return name
	}
	if _, err := strconv.Atoi(name[i+1:]); err != nil {
		return name
	}
	return name[:i]
}
