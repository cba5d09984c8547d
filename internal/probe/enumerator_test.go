//go:build linux

package probe

import (
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/go-quicktest/qt"
)

// typesWithEnums has a type of each sort that is stepped over before the enum.
func typesWithEnums(t *testing.T) []byte {
	t.Helper()
	integer := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	structure := &btf.Struct{Name: "ONE_BIT", Size: 8, Members: []btf.Member{
		{Name: "TWO_BIT", Type: integer},
		{Name: "array", Type: &btf.Array{Index: integer, Type: integer, Nelems: 1}, Offset: 32},
	}}
	function := &btf.Func{Name: "f", Linkage: btf.GlobalFunc, Type: &btf.FuncProto{
		Return: integer, Params: []btf.FuncParam{{Name: "p", Type: &btf.Pointer{Target: structure}}},
	}}
	b, err := btf.NewBuilder([]btf.Type{
		integer, structure, function,
		&btf.Typedef{Name: "t", Type: integer},
		&btf.Union{Name: "u", Size: 4, Members: []btf.Member{{Name: "m", Type: integer}}},
		&btf.Fwd{Name: "fwd"},
		&btf.Float{Name: "float", Size: 8},
		&btf.Enum{Name: "named", Size: 4, Values: []btf.EnumValue{{Name: "ZERO_BIT", Value: 7}}},
		&btf.Enum{Size: 4, Values: []btf.EnumValue{{Name: "SOME_BIT", Value: 3}, {Name: "OTHER_BIT", Value: 30}}},
	}, nil)
	qt.Assert(t, qt.IsNil(err))
	raw, err := b.Marshal(nil, nil)
	qt.Assert(t, qt.IsNil(err))
	return raw
}

func TestEnumerators(t *testing.T) {
	got, err := enumerators(typesWithEnums(t), "OTHER_BIT", "ZERO_BIT", "TWO_BIT", "SOME", "NONE_BIT")
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.DeepEquals(got, map[string]uint32{"OTHER_BIT": 30, "ZERO_BIT": 7}))
}

func TestEnumeratorsOfHalfATable(t *testing.T) {
	raw := typesWithEnums(t)
	for n := range raw {
		got, err := enumerators(raw[:n], "OTHER_BIT")
		qt.Assert(t, qt.IsTrue(err != nil || len(got) == 0), qt.Commentf("%d of %d bytes", n, len(raw)))
	}
}
