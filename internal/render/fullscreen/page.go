package fullscreen

import "fmt"

// page is a window on lines that may be more than there is room for.
type page struct{ top int }

// press moves the window if the key does that; room is how many lines it has.
func (p *page) press(key string, room int) {
	switch key {
	case "up", "k":
		p.top--
	case "down", "j":
		p.top++
	case "pgup", "b":
		p.top -= room
	case "pgdown", "space":
		p.top += room
	case "home", "g":
		p.top = 0
	case "end", "G":
		p.top = 1 << 30 // until there are lines to count
	}
}

// of is what of the lines is in the window.
func (p *page) of(lines []string, room int) []string {
	p.top = max(0, min(p.top, len(lines)-room))
	return lines[p.top:min(len(lines), p.top+room)]
}

// place says which lines are in the window; empty: all are.
func (p *page) place(lines []string, room int) string {
	if len(lines) <= room {
		return ""
	}
	return fmt.Sprintf("lines %d-%d of %d", p.top+1, min(len(lines), p.top+room), len(lines))
}
