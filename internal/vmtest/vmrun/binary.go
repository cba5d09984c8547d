//go:build linux

package main

import (
	"bufio"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkStatic returns an error if an ELF program needs a dynamic linker, which
// the machine does not have. Scripts pass.
func checkStatic(path string) error {
	f, err := elf.Open(path)
	var format *elf.FormatError
	if errors.As(err, &format) || errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is dynamically linked: build it with CGO_ENABLED=0 and without -race", path)
		}
	}
	return nil
}

// packageDir finds the directory of a test binary's package from what the
// linker wrote into it: the import path, and the module that is around here.
func packageDir(binary string) (string, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("%s: %w: give its package as DIR=%s", binary, err, binary)
	}
	root, module, err := findModule()
	if err != nil {
		return "", err
	}
	pkg := strings.TrimSuffix(strings.TrimSuffix(info.Path, ".test"), "_test")
	rel, ok := strings.CutPrefix(pkg+"/", module+"/")
	if !ok {
		return "", fmt.Errorf("%s is a test of %s, not of module %s: give its package as DIR=%s", binary, pkg, module, binary)
	}
	return filepath.Join(root, rel), nil
}

// packageName is the import path of a test binary's package, or the name of
// the file if it does not say.
func packageName(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil || info.Path == "" {
		return filepath.Base(binary)
	}
	return strings.TrimSuffix(info.Path, ".test")
}

// findModule returns the directory and the path of the module around the
// working directory.
func findModule() (dir, module string, err error) {
	if dir, err = os.Getwd(); err != nil {
		return "", "", err
	}
	for {
		module, err := moduleName(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, module, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", "", errors.New("no go.mod here or above: give packages as DIR=BINARY")
		}
		dir = parent
	}
}

func moduleName(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`), nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%s has no module line", name)
}
