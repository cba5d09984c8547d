package recording

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"sync"
)

// A recording is its first line and then frames. Each stands for itself: its kind,
// its length, a checksum, and what it carries.

// magic begins the first line, which ends with the format's version.
const magic = "uringtrace recording "

// maxLine is more than any version's first line has.
const maxLine = len(magic) + 8

type frameKind byte

// The kinds of frames.
const (
	headerFrame frameKind = 'H' // Header, as JSON
	blockFrame  frameKind = 'B' // records, compressed
	endFrame    frameKind = 'E' // nothing follows
	turnFrame   frameKind = 'T' // the next segment follows
)

// frameMark begins a frame. It is not how a first line begins.
var frameMark = [3]byte{0xF1, 'u', 'r'}

// frameHead is a frame up to what it carries: the mark, the kind, the lengths of
// what it carries as stored and as it was, and the CRC-32C of all that and of what
// it carries.
const frameHead = 4 + 4 + 4 + 4

const (
	blockBytes = 64 << 10 // a block is cut when it has that much
	maxBlock   = 16 << 20 // none is longer, with its last record
)

// To make the table takes a millisecond, which who reads no recording can do without.
var crcTable = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// frames writes frames.
type frames struct {
	flate  *flate.Writer
	packed bytes.Buffer
	out    []byte
}

// level is chosen by measurement: see docs/recording.md.
const level = 3

// firstLine is that of each segment.
func firstLine() []byte { return []byte(magic + strconv.Itoa(Format) + "\n") }

// frame puts a frame together. It is valid until the next.
func (f *frames) frame(kind frameKind, data []byte) []byte {
	stored := data
	if kind == blockFrame {
		stored = f.compress(data)
	}
	f.out = append(f.out[:0], frameMark[:]...)
	f.out = append(f.out, byte(kind))
	f.out = binary.LittleEndian.AppendUint32(f.out, uint32(len(stored)))
	f.out = binary.LittleEndian.AppendUint32(f.out, uint32(len(data)))
	sum := crc32.Update(crc32.Checksum(f.out, crcTable()), crcTable(), stored)
	f.out = binary.LittleEndian.AppendUint32(f.out, sum)
	f.out = append(f.out, stored...)
	return f.out
}

// compress can't fail: it writes to memory, with a level that there is.
func (f *frames) compress(data []byte) []byte {
	f.packed.Reset()
	if f.flate == nil {
		f.flate, _ = flate.NewWriter(&f.packed, level)
	} else {
		f.flate.Reset(&f.packed)
	}
	_, _ = f.flate.Write(data)
	_ = f.flate.Close()
	return f.packed.Bytes()
}

// frameReader reads frames and knows where it is.
type frameReader struct {
	in     io.Reader
	offset int64 // where the next one begins
	stored bytes.Buffer
	raw    bytes.Buffer
	flate  io.ReadCloser
}

// What can be wrong with the file.
var (
	errTorn   = errors.New("it ends within a frame")
	errNoEnd  = errors.New("it has no end mark")
	errFrame  = errors.New("what is there is no frame")
	errSum    = errors.New("a frame's checksum is wrong")
	errTooBig = errors.New("a frame is longer than any that is written")
	errFlate  = errors.New("a frame can't be decompressed")
)

// line reads a segment's first line.
func (f *frameReader) line() error {
	var line []byte
	var b [1]byte
	for len(line) < maxLine && !bytes.HasSuffix(line, []byte("\n")) {
		if _, err := io.ReadFull(f.in, b[:]); err != nil {
			if noEnd(err) {
				break
			}
			return err
		}
		line = append(line, b[0])
	}
	f.offset += int64(len(line))
	return checkLine(string(line))
}

func checkLine(line string) error {
	version, ok := strings.CutPrefix(line, magic)
	if !ok {
		return ErrNotRecording
	}
	number, ok := strings.CutSuffix(version, "\n")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 {
		return ErrNotRecording
	}
	if n > Format {
		return fmt.Errorf("%w: format %d, and this version reads up to %d", ErrNewer, n, Format)
	}
	return nil
}

func noEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// next reads a frame. What it carries is valid until the next.
func (f *frameReader) next() (kind frameKind, data []byte, err error) {
	var head [frameHead]byte
	switch _, err := io.ReadFull(f.in, head[:]); {
	case errors.Is(err, io.EOF):
		return 0, nil, errNoEnd
	case err != nil:
		return 0, nil, torn(err)
	}
	if [3]byte(head[:3]) != frameMark {
		return 0, nil, errFrame
	}
	kind = frameKind(head[3])
	size, rawSize := binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[8:])
	if size > maxBlock || rawSize > maxBlock {
		return 0, nil, errTooBig
	}
	f.stored.Reset() // it grows by what is there, not by what is promised
	if _, err := io.CopyN(&f.stored, f.in, int64(size)); err != nil {
		return 0, nil, torn(err)
	}
	sum := crc32.Update(crc32.Checksum(head[:12], crcTable()), crcTable(), f.stored.Bytes())
	if sum != binary.LittleEndian.Uint32(head[12:]) {
		return 0, nil, errSum
	}
	if data, err = f.unpack(kind, int(rawSize)); err != nil {
		return 0, nil, err
	}
	f.offset += int64(frameHead) + int64(size)
	return kind, data, nil
}

func torn(err error) error {
	if noEnd(err) {
		return errTorn
	}
	return err
}

func (f *frameReader) unpack(kind frameKind, size int) ([]byte, error) {
	if kind != blockFrame {
		return f.stored.Bytes(), nil
	}
	if f.flate == nil {
		f.flate = flate.NewReader(&f.stored)
	} else if err := f.flate.(flate.Resetter).Reset(&f.stored, nil); err != nil {
		return nil, errFlate
	}
	f.raw.Reset()
	n, err := io.Copy(&f.raw, io.LimitReader(f.flate, int64(size)+1))
	if err != nil || n != int64(size) {
		return nil, errFlate
	}
	return f.raw.Bytes(), nil
}
