package probe

import "testing"

func TestLiveSmoke(t *testing.T) {
	for _, b := range []Backend{Auto, Kprobe, Fentry, None} {
		l, err := NewLive(t.Context(), LiveOptions{Backend: b})
		if err != nil {
			t.Logf("%s: %+v", b, err)
			continue
		}
		t.Log(l.Backend(), l.reclaim)
		for _, h := range l.Hooks() {
			t.Log(h.Name, h.Function, h.Kind, h.State, h.Err)
		}
		loss, err := l.Loss()
		t.Log(loss, err)
		l.Close()
	}
}
