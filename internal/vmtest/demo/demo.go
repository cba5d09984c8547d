//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/text"
)

// scenario is the leak of liburing #1192.
const scenario = "listener-poll"

// tools are the programs that the demo runs.
type tools interface {
	Doctor(ctx context.Context) ([]byte, error)
	Fetch(ctx context.Context, kernels []string) error
	Uringtrace(ctx context.Context, p place, args ...string) ([]byte, error)
}

// demo is one showing.
type demo struct {
	options
	tools
	stdout io.Writer
	style  text.Style // of stdout
	root   bool
}

// play goes to all places and ends with the table.
func (d *demo) play(ctx context.Context) error {
	where, err := d.choose(ctx)
	if err != nil {
		return err
	}
	if names := booted(where); len(names) > 0 {
		if err := d.Fetch(ctx, names); err != nil {
			return fmt.Errorf("download kernels: %w", err)
		}
	}
	var rows []row
	for _, p := range where {
		r, err := d.visit(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		rows = append(rows, r.row())
	}
	return table(d.stdout, rows)
}

// choose asks doctor about this kernel and says where the demo goes.
func (d *demo) choose(ctx context.Context) ([]place, error) {
	// Doctor's exit code is an error where it can't say everything, as without
	// root; what it can say is printed all the same.
	out, err := d.Doctor(ctx)
	var found render.Diagnosis
	if jsonErr := json.Unmarshal(out, &found); jsonErr != nil {
		if err == nil {
			err = jsonErr
		}
		return nil, fmt.Errorf("ask doctor about this kernel: %w", err)
	}
	here, why := fits(&found, d.root)
	where := places(here, &d.options)
	if len(where) == 0 {
		return nil, fmt.Errorf("%s, and no other kernel is named", why)
	}
	line := fmt.Sprintf("%s has the leak and can be hooked: it is traced on this machine itself", found.Kernel.Release)
	if !here {
		line = fmt.Sprintf("%s, so virtual machines run %s", why, strings.Join(booted(where), ", "))
	}
	_, err = fmt.Fprintf(d.stdout, "%s\n\n", line)
	return where, err
}

// run is what one run of the workload reported.
type run struct {
	queue.Report
	Workload render.Workload `json:"workload"`
}

// visit runs the workload at one place and shows what it explained.
//
// It asks for JSON and renders the text from that, with the renderer that
// uringtrace itself uses: text and figures are of one run, and the text fits the
// terminal, which a program inside a virtual machine does not see.
func (d *demo) visit(ctx context.Context, p place) (*run, error) {
	args := []string{"workload", scenario, "--sockets", strconv.Itoa(d.sockets)}
	out, err := d.Uringtrace(ctx, p, append(args, "-o", "json")...)
	if err != nil {
		return nil, err
	}
	var r run
	if err := json.Unmarshal(out, &r); err != nil {
		return nil, fmt.Errorf("read the report of uringtrace: %w", err)
	}
	prompt := fmt.Sprintf("[%s] # uringtrace %s", p, strings.Join(args, " "))
	if d.style.Color {
		prompt = "\x1b[36m" + prompt + "\x1b[0m"
	}
	if _, err := fmt.Fprintln(d.stdout, prompt); err != nil {
		return nil, err
	}
	if err := text.WorkloadReport(d.stdout, &r.Report, &r.Workload, d.style); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintln(d.stdout); err != nil {
		return nil, err
	}
	return &r, r.prove(p, d.sockets)
}
