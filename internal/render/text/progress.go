package text

// Reading is how far a walk has come.
func Reading(nodes int) string {
	return "reading the kernel's lists: " + count(nodes, "node") + " so far"
}

// Playing is how far a recording was read.
func Playing(entries int, bytes int64) string {
	return "reading the recording: " + countOf(entries, "entry", "entries") + " so far, " + size(uint64(bytes))
}
