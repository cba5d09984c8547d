package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"uringtrace/internal/render/jsonl"
)

func newSchema(t *tool) *cobra.Command {
	names := jsonl.SchemaNames()
	return &cobra.Command{
		Use:   "schema [" + strings.Join(names, "|") + "]",
		Short: "Print the JSON Schema of what -o json prints",
		Long: `Print the JSON Schema of what -o json prints: draft 2020-12, of one line.

explain is also what attach prints at its end, and the default. Keys that the
schema does not name are allowed, since new ones may be added.`,
		Example: `  uringtrace schema
  uringtrace schema event | jq '.properties.kind.enum'`,
		ValidArgs: names,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && !slices.Contains(names, args[0]) {
				return usagef("%s: choose one of %s", c.CommandPath(), strings.Join(names, ", "))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			name := names[0]
			if len(args) > 0 {
				name = args[0]
			}
			return jsonl.Schema(t.stdout, name)
		},
	}
}
