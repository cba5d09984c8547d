package perfetto

import (
	"encoding/json"
	"strconv"
)

// The phases of the Trace Event Format that are written.
const (
	slice   = "X"
	counter = "C"
	instant = "i"
	named   = "M"
)

// event is one of the Trace Event Format. The format's processes and threads are
// groups of tracks here, and tracks.
type event struct {
	Name  string         `json:"name"`
	Phase string         `json:"ph"`
	Time  micros         `json:"ts"`
	Lasts *micros        `json:"dur,omitempty"`
	Group int            `json:"pid"`
	Track int            `json:"tid"`
	Scope string         `json:"s,omitempty"` // of an instant
	Args  map[string]any `json:"args,omitempty"`
}

// micros is a time in ns, written in the format's microseconds.
type micros uint64

// MarshalJSON keeps all digits, which a float would not for times of many days.
func (m micros) MarshalJSON() ([]byte, error) {
	digits := strconv.FormatUint(uint64(m)%1000, 10)
	return append(strconv.AppendUint(nil, uint64(m)/1000, 10), ("." + "000"[len(digits):] + digits)...), nil
}

var _ json.Marshaler = micros(0)
