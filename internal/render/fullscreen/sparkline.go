package fullscreen

const ramp = "▁▂▃▄▅▆▇█"

// sparkline is the last values, one a column, from 0 at the bottom to the largest
// of them at the top. What is more than 0 is above the bottom.
func sparkline(values []int, width int) string {
	values = values[max(0, len(values)-width):]
	most := 0
	for _, v := range values {
		most = max(most, v)
	}
	steps := []rune(ramp)
	line := make([]rune, 0, len(values))
	for _, v := range values {
		step := 0
		if v > 0 {
			step = max(1, v*(len(steps)-1)/most)
		}
		line = append(line, steps[step])
	}
	return string(line)
}
