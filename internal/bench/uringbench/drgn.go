//go:build linux

package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// drgn is no observer: it reads the lists of a running kernel, as explain does, by
// the kernel's debug information. What it is asked is a script of ours.
//
//go:embed explain.py
var drgnProgram []byte

// python runs it as a library, without what drgn's own command does first.
const python = "python3"

// noDrgn says why drgn can't be asked; empty: it can.
func (k *kernel) noDrgn() string {
	if !k.queue {
		return "no queue to walk"
	}
	if _, err := exec.LookPath(python); err != nil {
		return "not installed"
	}
	if _, err := os.Stat("/usr/lib/debug/boot/vmlinux-" + k.release); err != nil {
		return "no debug information"
	}
	return ""
}

// drgnScript writes the script for Python; the caller removes it.
func drgnScript() (name string, err error) {
	f, err := os.CreateTemp("", "explain*.py")
	if err != nil {
		return "", err
	}
	_, err = f.Write(drgnProgram)
	return f.Name(), errors.Join(err, f.Close())
}

// drgnQuestions are two: for how long the queue is and what holds it, and for what
// the nodes hold as well.
func drgnQuestions(script string) []question {
	ask := func(tool string, more ...string) question {
		return question{
			tool: tool,
			args: func(pid int) []string {
				return append([]string{python, script, strconv.Itoa(pid)}, more...)
			},
			read: readDrgn,
		}
	}
	return []question{ask("drgn"), ask("drgn, held", "held")}
}

// readDrgn takes the figures out of what the script prints.
func readDrgn(out []byte) (reply, error) {
	var answer struct {
		WalkMS float64 `json:"walk_ms"`
		Rings  []struct {
			Nodes    int            `json:"nodes"`
			Kinds    map[string]int `json:"kinds"`
			Requests []struct {
				UserData string `json:"user_data"`
			} `json:"requests"`
		} `json:"rings"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return reply{}, fmt.Errorf("read what drgn says: %w", err)
	}
	if len(answer.Rings) != 1 {
		return reply{}, fmt.Errorf("not one ring: %s", out)
	}
	ring := &answer.Rings[0]
	r := reply{nodes: ring.Nodes, sockets: noneSaid, walkMS: answer.WalkMS}
	if ring.Kinds != nil {
		r.sockets = ring.Kinds["tcp CLOSE"]
	}
	if all := ring.Requests; len(all) > 0 {
		r.holder = all[0].UserData
	}
	return r, nil
}
