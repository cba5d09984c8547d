package main

import (
	"errors"
	"io"
	"os"
	"time"

	"uringtrace/internal/recording"
	"uringtrace/internal/recording/disk"
)

// playback is a recording that is read.
type playback struct {
	*recording.Player
	name string
	file io.Closer
}

// openRecording opens a file, a directory of segments, or stdin. What is no
// recording is a usage error, as is one of which nothing can be told. The caller
// closes it.
func openRecording(name string) (*playback, error) {
	file := io.ReadCloser(os.Stdin)
	if name != stdio {
		var err error
		if file, err = disk.Open(name); err != nil {
			return nil, usagef("can't read the recording: %w", err)
		}
	}
	r, err := recording.NewReader(file)
	if err != nil {
		return nil, errors.Join(usagef("%s: %w", name, err), file.Close())
	}
	return &playback{recording.Play(r), name, file}, nil
}

// Close closes the file.
func (p *playback) Close() error { return p.file.Close() }

// momentFlag is a moment of a recording: so long after its beginning, or a time on
// the wall clock.
type momentFlag struct {
	word   string
	offset time.Duration
	wall   time.Time
	clock  bool // wall has a time and no date
}

func (m *momentFlag) String() string { return m.word }
func (m *momentFlag) Type() string   { return "TIME" }

func (m *momentFlag) Set(word string) error {
	*m = momentFlag{word: word}
	var err error
	if m.offset, err = time.ParseDuration(word); err == nil {
		if m.offset < 0 {
			return errors.New("a moment is not before the recording")
		}
		return nil
	}
	if m.wall, err = time.Parse(time.RFC3339Nano, word); err == nil {
		return nil
	}
	if m.wall, err = time.ParseInLocation(time.DateTime, word, time.Local); err == nil {
		return nil
	}
	if m.wall, err = time.ParseInLocation(time.TimeOnly, word, time.Local); err == nil {
		m.clock = true
		return nil
	}
	return errors.New("a moment is a time since the beginning (12.5s), a time of day (15:04:05) or one with its date (2026-01-02 15:04:05, RFC 3339)")
}

// on is the moment on the clock of a recording's entries, which began then. It may
// be before that.
func (m *momentFlag) on(began recording.Clock) int64 {
	switch {
	case m.clock:
		day := began.Wall.Local()
		wall := time.Date(day.Year(), day.Month(), day.Day(), m.wall.Hour(), m.wall.Minute(), m.wall.Second(), m.wall.Nanosecond(), time.Local)
		if wall.Before(day.Truncate(time.Second)) {
			wall = wall.AddDate(0, 0, 1) // it goes on past midnight
		}
		return int64(began.Monotonic) + int64(wall.Sub(began.Wall))
	case !m.wall.IsZero():
		return int64(began.Monotonic) + int64(m.wall.Sub(began.Wall))
	}
	return int64(began.Monotonic) + int64(m.offset)
}

// began is the beginning of what there is.
func (p *playback) began() recording.Clock { return p.Header().Began }

// until plays up to a moment, which must be within the recording.
func (p *playback) until(m *momentFlag) (uint64, error) {
	began := p.began()
	at := m.on(began)
	if at >= int64(began.Monotonic) && p.Until(uint64(at)) {
		return uint64(at), nil
	}
	p.End()
	if at >= int64(began.Monotonic) && at <= int64(p.Now()) {
		return uint64(at), nil
	}
	return 0, usagef("%s is not in the recording: it has %s from %s to %s", m.word,
		span(began.Monotonic, p.Now()), began.Wall.Local().Format(time.DateTime), began.At(p.Now()).Local().Format(time.DateTime))
}

func span(from, to uint64) time.Duration {
	return time.Duration(to - min(from, to)).Round(100 * time.Millisecond)
}
