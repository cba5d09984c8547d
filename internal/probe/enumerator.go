//go:build linux

package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
)

const kernelBTF = "/sys/kernel/btf/vmlinux"

// requestFlags are REQ_F_* of io_kiocb.flags, whose bits move between releases. 0: this
// kernel has none.
type requestFlags struct{ bufNode, multishot uint64 }

func loadRequestFlags() (requestFlags, error) {
	var f requestFlags
	raw, err := os.ReadFile(kernelBTF)
	if err != nil {
		return f, fmt.Errorf("read kernel BTF: %w", err)
	}
	flags := map[string]*uint64{"REQ_F_BUF_NODE_BIT": &f.bufNode, "REQ_F_APOLL_MULTISHOT_BIT": &f.multishot}
	bits, err := enumerators(raw, slices.Collect(maps.Keys(flags))...)
	if err != nil {
		return f, fmt.Errorf("read kernel BTF: %w", err)
	}
	for name, bit := range bits {
		*flags[name] = 1 << bit
	}
	return f, nil
}

// Kinds of types, include/uapi/linux/btf.h.
const (
	btfInt       = 1
	btfArray     = 3
	btfStruct    = 4
	btfUnion     = 5
	btfEnum      = 6
	btfFuncProto = 13
	btfVar       = 14
	btfDatasec   = 15
	btfDeclTag   = 17
	btfEnum64    = 19
)

var errBTF = errors.New("not the BTF that is known here")

// enumerators finds values of enumerators of 32 bits in the kernel's types. Their enum
// may be anonymous, which has no other way than to look at every type; to have the
// library decode each of a hundred thousand for that takes a fifth of the time in which
// a walk is ready. Here they are only stepped over.
func enumerators(raw []byte, names ...string) (map[string]uint32, error) {
	const header, typeHead = 24, 12
	u32 := binary.NativeEndian.Uint32
	if len(raw) < header || binary.NativeEndian.Uint16(raw) != 0xeb9f {
		return nil, errBTF
	}
	section := func(at int) []byte {
		begin := uint64(u32(raw[4:])) + uint64(u32(raw[at:]))
		end := begin + uint64(u32(raw[at+4:]))
		if end > uint64(len(raw)) {
			return nil
		}
		return raw[begin:end]
	}
	types, text := section(8), section(16)
	sought := make(map[uint32]string)
	for _, name := range names {
		if at := bytes.Index(text, slices.Concat([]byte{0}, []byte(name), []byte{0})); at >= 0 {
			sought[uint32(at+1)] = name
		}
	}
	found := make(map[string]uint32)
	for len(found) < len(sought) && len(types) > 0 {
		if len(types) < typeHead {
			return nil, errBTF
		}
		info := u32(types[4:])
		kind, count := info>>24&0x1f, int(info&0xffff)
		size := typeHead
		switch kind {
		case btfInt, btfVar, btfDeclTag:
			size += 4
		case btfArray:
			size += 12
		case btfStruct, btfUnion, btfDatasec, btfEnum64:
			size += 12 * count
		case btfEnum, btfFuncProto:
			size += 8 * count
		}
		if kind > btfEnum64 || len(types) < size {
			return nil, errBTF
		}
		if kind == btfEnum {
			for v := types[typeHead:size]; len(v) > 0; v = v[8:] {
				if name, ok := sought[u32(v)]; ok {
					found[name] = u32(v[4:])
				}
			}
		}
		types = types[size:]
	}
	return found, nil
}
