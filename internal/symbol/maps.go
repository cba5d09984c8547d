package symbol

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"uringtrace/internal/events"
)

// mapping is one line of /proc/PID/maps.
type mapping struct {
	events.Module
	rng   string // as the kernel writes it
	file  string // device and inode
	inode uint64
}

// readMaps reads the mappings with code, by address; a process that is gone has none.
func readMaps(path string) []mapping {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	return parseMaps(f)
}

func parseMaps(r io.Reader) []mapping {
	var out []mapping
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if m, ok := parseMapping(lines.Text()); ok {
			out = append(out, m)
		}
	}
	return out
}

// parseMapping reads "start-end perms offset device inode path".
func parseMapping(line string) (mapping, bool) {
	var fields [5]string
	for i := range fields {
		fields[i], line, _ = strings.Cut(line, " ")
	}
	rng, perms, offset, device, inode := fields[0], fields[1], fields[2], fields[3], fields[4]
	if len(perms) < 3 || perms[2] != 'x' {
		return mapping{}, false
	}
	first, last, _ := strings.Cut(rng, "-")
	m := mapping{rng: rng, file: device + " " + inode}
	m.Path = strings.TrimLeft(line, " ")
	var errs [4]error
	m.Start, errs[0] = strconv.ParseUint(first, 16, 64)
	m.End, errs[1] = strconv.ParseUint(last, 16, 64)
	m.Offset, errs[2] = strconv.ParseUint(offset, 16, 64)
	m.inode, errs[3] = strconv.ParseUint(inode, 10, 64)
	return m, errs == [4]error{}
}
