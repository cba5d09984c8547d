package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shells are those that commands are completed in, with what writes the script.
func shells(t *tool) map[string]func(root *cobra.Command) error {
	return map[string]func(*cobra.Command) error{
		"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(t.stdout, true) },
		"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(t.stdout) },
		"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(t.stdout, true) },
		"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(t.stdout) },
	}
}

func newCompletion(t *tool) *cobra.Command {
	names := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion " + strings.Join(names, "|"),
		Short: "Print the script that completes commands in a shell",
		Long: `Print the script that completes commands in a shell.

It completes commands, flags, scenarios, and after -p the processes that have
rings. Processes of other users are seen by root only. In bash it needs the
package bash-completion. make install puts the scripts where the shells look.`,
		Example: `  source <(uringtrace completion bash)
  uringtrace completion zsh >"${fpath[1]}/_uringtrace"
  uringtrace completion fish >~/.config/fish/completions/uringtrace.fish`,
		ValidArgs: names,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(names, args[0]) {
				return usagef("%s: choose one of %s", c.CommandPath(), strings.Join(names, ", "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return shells(t)[args[0]](c.Root()) },
	}
}

// completeNoFiles keeps shells from offering files where c and the commands below
// it take none: as an argument that is refused, or as the value of a flag that is
// no string.
func completeNoFiles(c *cobra.Command) {
	if !c.HasSubCommands() && c.ValidArgs == nil && c.ValidArgsFunction == nil && c.Args(c, []string{"FILE"}) != nil {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, known := c.GetFlagCompletionFunc(f.Name); !known && f.NoOptDefVal == "" && f.Value.Type() != "string" {
			// It fails only for a flag that does not exist.
			_ = c.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
		}
	})
	for _, sub := range c.Commands() {
		completeNoFiles(sub)
	}
}

// completeList completes the last word of a comma list with those that are not in
// it yet.
func completeList(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var all []string
		for _, word := range words {
			if !slices.Contains(strings.Split(before, ","), word) {
				all = append(all, before+word)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}
