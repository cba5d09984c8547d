package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed assets
var assets embed.FS

// page is the frame. What is put into it is escaped for where it stands.
var page = template.Must(template.New("page.html").Funcs(functions).ParseFS(assets, "assets/page.html"))

// asset is a file that is part of the program.
func asset(name string) string {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is not compiled in: a mistake in this package
	}
	return string(data)
}

// The page's styles and scripts, in the order in which they are read.
var (
	styleFiles  = []string{"uplot/uPlot.min.css", "style.css"}
	scriptFiles = []string{"uplot/uPlot.iife.min.js", "base.js", "chart.js", "moment.js", "pins.js", "start.js"}
)

func styles() []template.CSS {
	var all []template.CSS
	for _, name := range styleFiles {
		all = append(all, template.CSS(asset(name)))
	}
	return all
}

func scripts() []template.JS {
	var all []template.JS
	for _, name := range scriptFiles {
		all = append(all, template.JS(asset(name)))
	}
	return all
}

// policy allows the page its own styles and scripts, by their hashes, and nothing
// else: nothing is loaded, sent or framed.
func policy() string {
	return "default-src 'none'; script-src" + hashes(scriptFiles) + "; style-src" + hashes(styleFiles) +
		"; base-uri 'none'; form-action 'none'"
}

func hashes(names []string) string {
	var b strings.Builder
	for _, name := range names {
		sum := sha256.Sum256([]byte(asset(name)))
		b.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return b.String()
}
