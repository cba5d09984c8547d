package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// apt runs apt-get and apt-cache with lists, caches and sources of its own,
// all in one directory.
type apt struct {
	dir  string
	conf string
}

// candidate is a package that can be downloaded.
type candidate struct {
	name    string
	version string
	size    int64 // bytes of the .deb
}

// keyrings are where Debian's archive keys are when the sources do not say.
func keyrings() []string {
	return []string{
		"/usr/share/keyrings/debian-archive-keyring.gpg",
		"/usr/share/keyrings/debian-archive-keyring.pgp",
	}
}

// newApt prepares dir for the suites of images, at the mirrors that the apt
// configuration in etc names.
func newApt(dir, etc string, images []image) (*apt, error) {
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s not found: fetch kernels on a Debian system and copy its cache directory, or give -kernel the path of a bzImage", tool)
		}
	}
	sources, err := readSources(etc)
	if err != nil {
		return nil, err
	}
	list, err := sourceList(sources, images)
	if err != nil {
		return nil, fmt.Errorf("%w in the apt configuration %s: add Debian's entry there, or name another directory with -apt", err, etc)
	}
	a := &apt{dir: dir, conf: filepath.Join(dir, "apt.conf")}
	for _, sub := range []string{"state/lists/partial", "cache/archives/partial", "sources", "empty", "deb"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	for name, text := range map[string]string{
		a.conf: configuration(dir),
		filepath.Join(dir, "sources/kernels.sources"): list,
		filepath.Join(dir, "status"):                  "",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// sourceList is the private list: the suites of images at the machine's own
// mirrors.
func sourceList(sources []source, images []image) (string, error) {
	var list strings.Builder
	var done []string
	for _, i := range images {
		if slices.Contains(done, i.suite) {
			continue
		}
		done = append(done, i.suite)
		at := slices.IndexFunc(sources, func(s source) bool { return s.offers(i.archive) })
		if at < 0 {
			return "", fmt.Errorf("no Debian %s archive", i.archive)
		}
		s := sources[at]
		if s.signedBy == "" {
			s.signedBy = firstFile(keyrings())
		}
		fmt.Fprintf(&list, "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: amd64\n", s.uris[0], i.suite)
		if s.signedBy != "" {
			fmt.Fprintf(&list, "Signed-By: %s\n", s.signedBy)
		}
		list.WriteByte('\n')
	}
	return list.String(), nil
}

func firstFile(names []string) string {
	for _, name := range names {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return ""
}

// configuration comes after the machine's, whose proxies and certificates
// stay in force.
func configuration(dir string) string {
	return fmt.Sprintf(`// Hooks of the machine would touch the machine's own cache.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
// Everything is below a directory of this user.
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::State "%[1]s/state";
Dir::State::status "%[1]s/status";
Dir::Cache "%[1]s/cache";
Dir::Log "%[1]s/empty";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "%[1]s/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "%[1]s/empty";
`, dir)
}

func (a *apt) update(ctx context.Context) error {
	_, err := a.run(ctx, "apt-get", "update")
	return err
}

// search returns the packages whose name matches one of the patterns of i.
func (a *apt) search(ctx context.Context, i image) ([]candidate, error) {
	args := []string{"search", "--names-only"}
	var names []string
	for _, pattern := range i.packages {
		out, err := a.run(ctx, "apt-cache", append(args, pattern.String())...)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			name, _, _ := strings.Cut(line, " - ")
			names = append(names, strings.TrimSpace(name))
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	out, err := a.run(ctx, "apt-cache", append([]string{"show", "--no-all-versions"}, names...)...)
	if err != nil {
		return nil, err
	}
	return parseCandidates(out)
}

func parseCandidates(text string) ([]candidate, error) {
	paragraphs, err := parseParagraphs(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("apt-cache show: %w", err)
	}
	var found []candidate
	for _, p := range paragraphs {
		size, err := strconv.ParseInt(p["size"], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("apt-cache show: size of %s: %w", p["package"], err)
		}
		found = append(found, candidate{name: p["package"], version: p["version"], size: size})
	}
	return found, nil
}

// download returns the path of c's package; apt has verified it.
func (a *apt) download(ctx context.Context, c candidate) (string, error) {
	if _, err := a.run(ctx, "apt-get", "download", c.name+"="+c.version); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(a.debs(), c.name+"_*.deb"))
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d packages", c.name, len(found))
	}
	return found[0], nil
}

// debs is where downloads appear, growing.
func (a *apt) debs() string { return filepath.Join(a.dir, "deb") }

func (a *apt) run(ctx context.Context, tool string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, tool, append([]string{"-q", "-c", a.conf}, args...)...)
	cmd.Dir = a.debs()
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", tool, args[0], errors.Join(err, said(stderr.String())))
	}
	return stdout.String(), nil
}

// said returns what a tool complained about as an error.
func said(text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return errors.New(text)
}
