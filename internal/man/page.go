package man

import (
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Edition is what the pages belong to.
type Edition struct {
	Version string
	Date    time.Time
}

// Pages are those of root and of every command below it that --help lists, by
// file name.
func Pages(root *cobra.Command, e Edition) map[string][]byte {
	pages := make(map[string][]byte)
	add(pages, root, e)
	return pages
}

func add(pages map[string][]byte, c *cobra.Command, e Edition) {
	pages[name(c)+".1"] = page(c, e)
	for _, sub := range listed(c) {
		add(pages, sub, e)
	}
}

// name is that of c's page: its path with dashes.
func name(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// listed are the commands below c that have a page.
func listed(c *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			all = append(all, sub)
		}
	}
	return all
}

func page(c *cobra.Command, e Edition) []byte {
	c.InitDefaultHelpFlag()
	var m markdown
	m.title(name(c), e)
	m.heading("Name")
	m.text(name(c) + " - " + c.Short)
	m.heading("Synopsis")
	if len(listed(c)) > 0 {
		m.text(c.CommandPath() + " COMMAND [flags]")
	} else {
		m.text(c.UseLine())
	}
	m.heading("Description")
	paragraphs, lists := split(c.Long)
	for _, p := range paragraphs {
		m.text(p)
	}
	m.options("Options", c.NonInheritedFlags())
	m.options("Global options", c.InheritedFlags())
	m.commands(c)
	m.heading("Examples")
	m.verbatim(c.Example)
	for _, l := range lists {
		m.heading(l.title)
		for _, item := range l.items {
			m.item(escape(item[0]), item[1])
		}
	}
	m.seeAlso(c)
	return finish(md2man.Render([]byte(m.String())))
}

func (m *markdown) options(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	m.heading(title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		word := "**" + escape("--"+f.Name) + "**"
		if f.Shorthand != "" {
			word = "**" + escape("-"+f.Shorthand) + "**, " + word
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			word += " *" + escape(value) + "*"
		}
		if value != "" && !unset[f.DefValue] {
			usage += " (default " + f.DefValue + ")"
		}
		m.item(word, usage)
	})
}

// unset are the default values that say nothing.
var unset = map[string]bool{"": true, "0": true, "0s": true, "[]": true}

func (m *markdown) commands(c *cobra.Command) {
	all := listed(c)
	if len(all) == 0 {
		return
	}
	m.heading("Commands")
	for _, sub := range all {
		m.item(reference(sub), sub.Short)
	}
}

func (m *markdown) seeAlso(c *cobra.Command) {
	if !c.HasParent() {
		return // its commands are listed
	}
	all := []string{reference(c.Parent())}
	for _, other := range listed(c.Parent()) {
		if other != c {
			all = append(all, reference(other))
		}
	}
	m.heading("See also")
	m.raw(strings.Join(all, ", "))
}

func reference(c *cobra.Command) string { return "**" + escape(name(c)) + "**(1)" }
