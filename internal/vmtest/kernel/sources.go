package kernel

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is one entry of apt's list of sources.
type source struct {
	types      []string
	uris       []string
	suites     []string
	components []string
	signedBy   string // path of a keyring; empty if not given or embedded
}

// readSources reads the sources of the apt configuration in dir, usually
// /etc/apt.
func readSources(dir string) ([]source, error) {
	names := []string{filepath.Join(dir, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		found, err := filepath.Glob(filepath.Join(dir, "sources.list.d", pattern))
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	var all []source
	for _, name := range names {
		sources, err := readSourceFile(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, sources...)
	}
	return all, nil
}

func readSourceFile(name string) ([]source, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if filepath.Ext(name) == ".sources" {
		return parseDeb822(f)
	}
	return parseList(f)
}

// parseDeb822 reads paragraphs of "Field: value" lines.
func parseDeb822(r io.Reader) ([]source, error) {
	paragraphs, err := parseParagraphs(r)
	if err != nil {
		return nil, err
	}
	var sources []source
	for _, p := range paragraphs {
		if strings.EqualFold(p["enabled"], "no") {
			continue
		}
		s := source{
			types:      strings.Fields(p["types"]),
			uris:       strings.Fields(p["uris"]),
			suites:     strings.Fields(p["suites"]),
			components: strings.Fields(p["components"]),
		}
		// The field may also hold the key itself.
		if signedBy := strings.TrimSpace(p["signed-by"]); strings.HasPrefix(signedBy, "/") {
			s.signedBy = signedBy
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// parseParagraphs returns the paragraphs of a deb822 file with their field
// names in lower case. Lines that start with a blank continue a field.
func parseParagraphs(r io.Reader) ([]map[string]string, error) {
	var all []map[string]string
	current := map[string]string{}
	flush := func() {
		if len(current) > 0 {
			all = append(all, current)
			current = map[string]string{}
		}
	}
	field := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			flush()
			field = ""
		case line[0] == ' ' || line[0] == '\t':
			if field == "" {
				return nil, fmt.Errorf("continuation of nothing: %q", line)
			}
			current[field] += "\n" + strings.TrimSpace(line)
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				return nil, fmt.Errorf("no field name: %q", line)
			}
			field = strings.ToLower(strings.TrimSpace(name))
			current[field] = strings.TrimSpace(value)
		}
	}
	flush()
	return all, lines.Err()
}

// parseList reads lines of the form "deb [option=value ...] uri suite component...".
func parseList(r io.Reader) ([]source, error) {
	var sources []source
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "" {
			continue
		}
		s := source{types: []string{kind}}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			options, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return nil, fmt.Errorf("options without end: %q", line)
			}
			s.signedBy = signedByOption(options)
			rest = after
		}
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			return nil, fmt.Errorf("uri or suite missing: %q", line)
		}
		s.uris, s.suites, s.components = fields[:1], fields[1:2], fields[2:]
		sources = append(sources, s)
	}
	return sources, lines.Err()
}

func signedByOption(options string) string {
	for _, option := range strings.Fields(options) {
		if path, ok := strings.CutPrefix(option, "signed-by="); ok && strings.HasPrefix(path, "/") {
			return path
		}
	}
	return ""
}

// offers tells whether s is the given Debian archive, of whatever release.
func (s source) offers(a archive) bool {
	if len(s.uris) == 0 || !slices.Contains(s.types, "deb") || !slices.Contains(s.components, "main") {
		return false
	}
	if s.signedBy != "" && !strings.Contains(s.signedBy, "debian") {
		return false
	}
	return slices.ContainsFunc(s.suites, func(suite string) bool {
		found, ok := suiteArchive(suite)
		return ok && found == a
	})
}

// suiteArchive tells which archive of Debian a suite belongs to; other
// distributions' suites belong to none.
func suiteArchive(suite string) (archive, bool) {
	release, part, _ := strings.Cut(strings.ReplaceAll(suite, "/", "-"), "-")
	switch release {
	case "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
		"oldoldstable", "oldstable", "stable", "testing", "unstable":
	default:
		return "", false
	}
	switch part {
	case "", "updates", "backports", "proposed-updates":
		// Before bullseye the security suite was called "<release>/updates";
		// those releases are too old to be here.
		return mainArchive, true
	case "security":
		return securityArchive, true
	}
	return "", false
}
