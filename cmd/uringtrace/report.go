package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/recording/disk"
	"uringtrace/internal/render/html"
)

// reportFlags are those of the report command.
type reportFlags struct {
	format format
	file   string // to write; empty: stdout
	force  bool
}

func newReport(t *tool) *cobra.Command {
	var flags reportFlags
	c := &cobra.Command{
		Use:   "report FILE -o PAGE",
		Short: "Draw a recording as a page for a browser, or write it for other programs",
		Long: `Draw a recording as a page for a browser, or write it for other programs.

The page is one file that opens from disk and asks nothing of any network: the
explanation at the recording's end, queue depth and sockets over time, every
request that pinned a queue from its beginning to its end, and the queues at any
moment. It stays small however long the recording is.

Other formats are perfetto, tracks over time for ui.perfetto.dev; pprof, what was
held at the end by the user stacks that had made it so, if these were recorded
(--stacks); csv, the time series; and json, the whole history.

It has the same names and addresses in it as the recording, so nobody but its
owner may read it either. A file that exists is not replaced without --force.`,
		Example: `  uringtrace report leak.urec -o leak.html
  uringtrace report leak.urec -o leak.html --force && xdg-open leak.html
  ssh server cat leak.urec | uringtrace report - -o - >leak.html
  uringtrace report leak.urec --format pprof -o leak.pb.gz && go tool pprof -top leak.pb.gz
  uringtrace report leak.urec --format json | jq '.history.rings[] | {ring, depth}'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("which recording? %s FILE -o PAGE", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if flags.file == "" {
				if !flags.format.readable() {
					return usagef("where to? %s %s -o FILE, or -o - for stdout", c.CommandPath(), args[0])
				}
				flags.file = stdio
			}
			return t.writeReport(c.Context(), args[0], &flags)
		},
	}
	flags.format.addTo(c)
	c.Flags().StringVarP(&flags.file, "output", "o", "", "file to write; - is stdout")
	c.Flags().BoolVar(&flags.force, "force", false, "replace a file that exists")
	return c
}

// writeReport writes what is made of a recording.
func (t *tool) writeReport(ctx context.Context, name string, flags *reportFlags) error {
	if flags.file == stdio {
		made, err := t.made(ctx, name, &flags.format)
		if err == nil {
			_, err = t.stdout.Write(made)
		}
		return err
	}
	if !flags.force && exists(flags.file) { // it would be a long way to that answer
		return errReplace(flags.file)
	}
	made, err := t.made(ctx, name, &flags.format)
	if err != nil {
		return err
	}
	f, err := disk.Create(flags.file, flags.force)
	switch {
	case errors.Is(err, disk.ErrExists):
		return errReplace(flags.file)
	case err != nil:
		return usagef("can't write the report: %w", err)
	}
	if _, err := f.Write(made); err != nil {
		f.Discard()
		return err
	}
	return f.Close()
}

func errReplace(name string) error {
	return usagef("%s: %w: give another name, or --force to replace it", name, disk.ErrExists)
}

// made is what is made of a recording.
func (t *tool) made(ctx context.Context, name string, as *format) ([]byte, error) {
	p, err := openRecording(name)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	h, err := t.follow(ctx, p)
	if err != nil {
		return nil, err
	}
	report := p.Report()
	var out bytes.Buffer
	err = as.write(&out, &html.Input{
		Report: &report, History: h, Began: beginning(p), Name: filepath.Base(name), Tool: version(),
	})
	return out.Bytes(), err
}

// beginning is the wall-clock time of a recording's first entry, or of the recorder's
// start if there is none.
func beginning(p *playback) time.Time {
	began := p.Header().Began
	return began.At(max(p.Begin(), began.Monotonic))
}
