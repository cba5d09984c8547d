package probe

import "testing"

func TestWalkSmoke(t *testing.T) {
	w, err := NewWalker()
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer w.Close()
	got, err := w.Walk(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v %+v", w.Reclaim(), got)
}
