package kernel

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestReadSources(t *testing.T) {
	sources, err := readSources("testdata/apt")
	qt.Assert(t, qt.IsNil(err))
	var found []string
	for _, s := range sources {
		for _, a := range []archive{mainArchive, securityArchive} {
			if s.offers(a) {
				found = append(found, string(a)+" "+s.uris[0]+" "+filepath.Base(s.signedBy))
			}
		}
	}
	qt.Check(t, qt.DeepEquals(found, []string{
		"main http://mirror.example/debian debian-archive-keyring.gpg",
		"main mirror+file:/etc/apt/mirrors/security.list .",
		"security mirror+file:/etc/apt/mirrors/security.list .",
	}))
}

func TestSourceList(t *testing.T) {
	sources, err := readSources("testdata/apt")
	qt.Assert(t, qt.IsNil(err))
	// An embedded key cannot be copied by path: any keyring of the machine
	// may stand in its place.
	for i := range sources {
		if sources[i].signedBy == "" {
			sources[i].signedBy = "/keys/debian.gpg"
		}
	}
	list, err := sourceList(sources, images())
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(list, `Types: deb
URIs: mirror+file:/etc/apt/mirrors/security.list
Suites: bookworm-security
Components: main
Architectures: amd64
Signed-By: /keys/debian.gpg

Types: deb
URIs: http://mirror.example/debian
Suites: trixie-backports
Components: main
Architectures: amd64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

`))
}

func TestSourceListWithoutDebian(t *testing.T) {
	sources, err := parseList(strings.NewReader("deb http://other.example/ubuntu noble main\n"))
	qt.Assert(t, qt.IsNil(err))
	_, err = sourceList(sources, images())
	qt.Check(t, qt.ErrorMatches(err, "no Debian security archive"))
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"deb http://mirror.example\n":                   "uri or suite missing: .*",
		"deb [arch=amd64 http://mirror.example sid x\n": "options without end: .*",
	} {
		_, err := parseList(strings.NewReader(text))
		qt.Check(t, qt.ErrorMatches(err, want))
	}
	for text, want := range map[string]string{
		" alone\n":    "continuation of nothing: .*",
		"no colon\n":  "no field name: .*",
		"A: 1\nbad\n": "no field name: .*",
	} {
		_, err := parseDeb822(strings.NewReader(text))
		qt.Check(t, qt.ErrorMatches(err, want))
	}
}
