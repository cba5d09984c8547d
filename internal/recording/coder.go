package recording

import (
	"encoding/binary"
	"errors"
)

// coder writes or reads records, by one description of their fields for both. A
// record is a mask, one bit for each field, of those that are not as expected, and
// then what these are instead: the difference of a number, all of a string.
type coder struct {
	reading bool
	buf     []byte // reading: what is left; writing: what was written
	values  []byte // writing: of the record under way
	mask    uint64
	bit     int
	err     error // reading: the first
}

// What can be wrong with a record.
var (
	errShort  = errors.New("a record ends early")
	errRange  = errors.New("a number is out of its range")
	errFields = errors.New("a record has fields that are not known")
	errLength = errors.New("a string is longer than any that is recorded")
)

// maxString is the longest string that is recorded.
const maxString = 4 << 10

func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.buf = nil
}

// begin begins a record.
func (c *coder) begin() {
	c.bit, c.mask, c.values = 0, 0, c.values[:0]
	if c.reading {
		c.mask = c.uvarint()
	}
}

// end ends it.
func (c *coder) end() {
	if c.reading {
		if c.mask>>c.bit != 0 {
			c.fail(errFields)
		}
		return
	}
	c.buf = binary.AppendUvarint(c.buf, c.mask)
	c.buf = append(c.buf, c.values...)
}

// told tells whether the next field is in the record, and on writing puts it there.
func (c *coder) told(differs bool) bool {
	bit := uint64(1) << c.bit
	c.bit++
	if c.reading {
		return c.mask&bit != 0
	}
	if differs {
		c.mask |= bit
	}
	return differs
}

type integer interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int32 | ~int64 | ~int
}

// num is a field that is near to what is expected.
func num[T integer](c *coder, v *T, expected T) {
	told := c.told(*v != expected)
	switch {
	case !c.reading && told:
		c.values = binary.AppendVarint(c.values, int64(uint64(*v)-uint64(expected)))
	case !c.reading:
	case told:
		n := uint64(expected) + uint64(c.varint())
		if *v = T(n); uint64(*v) != n {
			c.fail(errRange)
		}
	default:
		*v = expected
	}
}

// flag is a field of one bit.
func (c *coder) flag(v *bool, expected bool) {
	told := c.told(*v != expected)
	if c.reading {
		*v = expected != told
	}
}

// text is a string; what is too long to be recorded is cut.
func (c *coder) text(v *string, expected string) {
	told := c.told(*v != expected)
	switch {
	case !c.reading && told:
		cut := (*v)[:min(len(*v), maxString)]
		c.values = binary.AppendUvarint(c.values, uint64(len(cut)))
		c.values = append(c.values, cut...)
	case !c.reading:
	case told:
		n := c.uvarint()
		if n > maxString {
			c.fail(errLength)
			return
		}
		*v = string(c.take(int(n)))
	default:
		*v = expected
	}
}

// addr is an internet address.
func (c *coder) addr(v *[16]byte, expected [16]byte) {
	told := c.told(*v != expected)
	switch {
	case !c.reading && told:
		c.values = append(c.values, v[:]...)
	case !c.reading:
	case told:
		copy(v[:], c.take(len(v)))
	default:
		*v = expected
	}
}

// words is a list of numbers.
func (c *coder) words(v *[]uint32) {
	told := c.told(len(*v) > 0)
	if !c.reading {
		if told {
			c.values = binary.AppendUvarint(c.values, uint64(len(*v)))
			for _, n := range *v {
				c.values = binary.AppendUvarint(c.values, uint64(n))
			}
		}
		return
	}
	*v = nil
	if !told {
		return
	}
	n := c.count(1)
	for range n {
		*v = append(*v, uint32(c.below(1<<32)))
	}
}

// count reads a number of things that take at least size bytes each.
func (c *coder) count(size int) int {
	n := c.uvarint()
	if n > uint64(len(c.buf)/size) {
		c.fail(errShort)
		return 0
	}
	return int(n)
}

// below reads a number less than limit.
func (c *coder) below(limit uint64) uint64 {
	n := c.uvarint()
	if n >= limit {
		c.fail(errRange)
		return 0
	}
	return n
}

func (c *coder) take(n int) []byte {
	if n > len(c.buf) {
		c.fail(errShort)
		return nil
	}
	out := c.buf[:n]
	c.buf = c.buf[n:]
	return out
}

func (c *coder) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *coder) uvarint() uint64 {
	n, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.fail(errShort)
		return 0
	}
	c.buf = c.buf[size:]
	return n
}

func (c *coder) varint() int64 {
	n, size := binary.Varint(c.buf)
	if size <= 0 {
		c.fail(errShort)
		return 0
	}
	c.buf = c.buf[size:]
	return n
}
