package recording

import (
	"errors"
	"fmt"
)

// What keeps a file from being read at all.
var (
	ErrNotRecording = errors.New("this is no recording of uringtrace")
	ErrNewer        = errors.New("the recording was made by a newer uringtrace")
)

// CutError says where and why what can be read of a recording ends before its end.
// All that was handed out before is good.
type CutError struct {
	Offset int64 // in bytes, of what can't be read
	Err    error
}

func (e *CutError) Error() string {
	return fmt.Sprintf("the recording ends early, at byte %d: %v", e.Offset, e.Err)
}

func (e *CutError) Unwrap() error { return e.Err }

// Open reports whether the recording may go on: it has no end mark, because whoever
// records is still at it or was killed, and nothing of it is damaged.
func (e *CutError) Open() bool { return errors.Is(e.Err, errNoEnd) || errors.Is(e.Err, errTorn) }
