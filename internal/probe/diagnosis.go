package probe

import "uringtrace/internal/events"

// Capability is one that matters here.
type Capability struct {
	Name string
	Have bool
}

// Feature is something that the kernel has or lacks.
type Feature struct {
	Name string
	Have bool
	Err  string // why not
	For  string
}

// Diagnosis is what this kernel allows.
type Diagnosis struct {
	Release      string
	Reclaim      events.Reclaim
	Backend      Backend // the one that would be used
	BTF          bool
	Capabilities []Capability
	Features     []Feature
	Hooks        []HookStatus
	Walk         string   // empty: works; else why not
	Can          []string // sentences
	Cannot       []string // sentences
}
