//go:build linux

package main

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func TestReadDrgn(t *testing.T) {
	const counted = `{"walk_ms": 24.5, "rings": [{"fd": 3, "nodes": 1000, "references": 1, "requests": [{"opcode": 6, "user_data": "0xfeed", "slot": 0}]}]}`
	r, err := readDrgn([]byte(counted))
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(r, reply{nodes: 1000, holder: "0xfeed", sockets: noneSaid, walkMS: 24.5}))
	qt.Check(t, qt.IsNil(r.wrong(1000, "0xfeed")))
	qt.Check(t, qt.ErrorMatches(r.wrong(1001, "0xfeed"), `1001 nodes held by "0xfeed" were to be found, not .*`))

	const held = `{"walk_ms": 109, "rings": [{"nodes": 1000, "kinds": {"tcp CLOSE": 999, "file": 1}, "requests": []}]}`
	r, err = readDrgn([]byte(held))
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(r.sockets, 999))
	qt.Check(t, qt.IsNotNil(r.wrong(1000, "")))

	_, err = readDrgn([]byte(`{"walk_ms": 1, "rings": []}`))
	qt.Check(t, qt.ErrorMatches(err, "not one ring: .*"))
	_, err = readDrgn(nil)
	qt.Check(t, qt.IsNotNil(err))
}
