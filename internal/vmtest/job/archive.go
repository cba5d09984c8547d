package job

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ErrNoResult means that the guest ended before it could report.
var ErrNoResult = errors.New("no result archive")

const (
	resultName = "results.json"
	filePrefix = "files"
)

// WriteArchive writes result and the files of pull to w. A path of pull may be
// a directory; one that is not there is noted in result.Missing. The archive is
// compressed, because the serial port is far slower than gzip.
func WriteArchive(w io.Writer, result *Result, pull []string) error {
	zip := gzip.NewWriter(w)
	archive := tar.NewWriter(zip)
	for _, root := range pull {
		err := addFiles(archive, root)
		if errors.Is(err, fs.ErrNotExist) {
			result.Missing = append(result.Missing, root)
		} else if err != nil {
			return fmt.Errorf("pull %s: %w", root, err)
		}
	}
	// The result comes last: where it is, everything is.
	data, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	if err := addFile(archive, resultName, data, 0o644); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zip.Close()
}

func addFiles(archive *tar.Writer, root string) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		// Files of proc and sys lie about their size: read, then write.
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return addFile(archive, filePrefix+p, data, info.Mode())
	})
}

func addFile(archive *tar.Writer, name string, data []byte, mode fs.FileMode) error {
	h := &tar.Header{Name: name, Mode: int64(mode.Perm()), Size: int64(len(data)), Format: tar.FormatPAX}
	if err := archive.WriteHeader(h); err != nil {
		return err
	}
	_, err := archive.Write(data)
	return err
}

// ReadArchive reads an archive and stores its files where place says: place
// maps the guest's path to the one of this machine. It returns an error that
// wraps ErrNoResult if the archive is empty or ends too soon.
func ReadArchive(r io.Reader, place func(guest string) (string, bool)) (*Result, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoResult, err)
	}
	archive := tar.NewReader(zip)
	var result *Result
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) && result != nil {
			// gzip checks its sum at the very end.
			if _, err := io.Copy(io.Discard, zip); err != nil {
				return nil, fmt.Errorf("%w: %v", ErrNoResult, err)
			}
			return result, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrNoResult, err)
		}
		if h.Name == resultName {
			if err := json.NewDecoder(archive).Decode(&result); err != nil {
				return nil, fmt.Errorf("%w: %v", ErrNoResult, err)
			}
			continue
		}
		if err := storeFile(archive, h, place); err != nil {
			return nil, err
		}
	}
}

func storeFile(archive *tar.Reader, h *tar.Header, place func(string) (string, bool)) error {
	guest, ok := strings.CutPrefix(h.Name, filePrefix)
	if !ok || path.Clean(guest) != guest {
		return fmt.Errorf("result archive holds a strange name %q", h.Name)
	}
	dst, ok := place(guest)
	if !ok {
		return fmt.Errorf("result archive holds %s, which nobody asked for", guest)
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(dst, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, h.FileInfo().Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, archive); err != nil {
		f.Close()
		return fmt.Errorf("store %s: %w", dst, err)
	}
	return f.Close()
}
