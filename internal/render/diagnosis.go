package render

// Diagnosis is what a kernel allows, as doctor prints it. The keys of its JSON
// are a contract.
type Diagnosis struct {
	Version      int          `json:"v"`
	Kernel       Kernel       `json:"kernel"`
	Backend      string       `json:"backend"` // the one that would be used
	BTF          bool         `json:"btf"`
	Capabilities []Capability `json:"capabilities"`
	Features     []Feature    `json:"features"`
	Hooks        []Hook       `json:"hooks"`
	Walk         string       `json:"walk_error,omitempty"` // why the walk does not work
	Can          []string     `json:"can"`
	Cannot       []string     `json:"cannot"`
}

// Kernel is the kernel that was diagnosed.
type Kernel struct {
	Release string `json:"release"`
	Reclaim string `json:"reclaim"`
}

// Capability is one that matters and whether the process has it.
type Capability struct {
	Name string `json:"name"`
	Have bool   `json:"have"`
}

// Feature is something that the kernel has or lacks.
type Feature struct {
	Name string `json:"name"`
	Have bool   `json:"have"`
	For  string `json:"for"`
	Err  string `json:"error,omitempty"`
}

// Hook is one row of the hook table.
type Hook struct {
	Name     string `json:"name"`
	Function string `json:"function"`
	Kind     string `json:"kind"`
	State    string `json:"state"` // ok, attached, silent, missing, failed or off
	Works    bool   `json:"works"`
	For      string `json:"for"`
	Without  string `json:"without"`
	Err      string `json:"error,omitempty"`
}
