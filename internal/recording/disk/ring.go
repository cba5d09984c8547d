package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Ring is a recording in a directory of segments that together never take more
// than a maximum: when there is no room the oldest goes. It is a recording.Sink.
type Ring struct {
	dir     string
	max     int64
	segment int64 // bytes after which a segment is full
	next    int   // number of the next segment
	now     *File
	old     []part // oldest first
	total   int64  // bytes of all
}

// part is a segment that is complete.
type part struct {
	name string
	size int64
}

// MinRing is the least maximum. Less would not last until the next segment begins
// when much happens, nor hold a walk of a long queue.
const MinRing = 16 << 20

// shares is how many segments there are at least when the maximum is reached, so
// that no more than one part in so many goes at once.
const shares = 8

const suffix = ".urec"

// ErrWalk is that a walk alone takes more than the ring has room for.
var ErrWalk = errors.New("a single segment needs more than the maximum: record with a larger --max-size")

// CreateRing makes the directory, or takes an empty one. With force it removes the
// segments that are there.
func CreateRing(dir string, most int64, force bool) (*Ring, error) {
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !force || !isSegment(e.Name()) {
			return nil, fmt.Errorf("%s: %w, with %s in it", dir, ErrExists, e.Name())
		}
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	r := &Ring{dir: dir, max: most, segment: most / shares}
	return r, r.begin()
}

func isSegment(name string) bool {
	return strings.HasSuffix(name, suffix) && len(name) == len(segmentName(0))
}

// segmentName sorts as the numbers do.
func segmentName(n int) string { return fmt.Sprintf("%08d%s", n, suffix) }

func (r *Ring) begin() (err error) {
	r.now, err = Create(filepath.Join(r.dir, segmentName(r.next)), false)
	r.next++
	return err
}

// Write appends to the segment that is being written, and first makes room.
func (r *Ring) Write(data []byte) (int, error) {
	for r.total+int64(len(data)) > r.max {
		if len(r.old) == 0 {
			return 0, ErrWalk
		}
		if err := os.Remove(r.old[0].name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		r.total -= r.old[0].size
		r.old = slices.Delete(r.old, 0, 1)
	}
	n, err := r.now.Write(data)
	if err == nil {
		r.total += int64(n)
	}
	return n, err
}

// Full reports whether the segment has its share.
func (r *Ring) Full() bool { return r.now.size >= r.segment }

// Turn begins the next segment.
func (r *Ring) Turn() error {
	r.old = append(r.old, part{r.now.f.Name(), r.now.size})
	if err := r.now.Close(); err != nil {
		return err
	}
	return r.begin()
}

// Close closes the last segment.
func (r *Ring) Close() error { return r.now.Close() }

// Discard removes what is there: there is nothing in it.
func (r *Ring) Discard() {
	r.now.Discard()
	_ = os.Remove(r.dir) // it stays if it is not empty
}
