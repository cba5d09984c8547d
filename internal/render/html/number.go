package html

import (
	"html/template"

	"uringtrace/internal/render/text"
)

// functions are those that the frame uses.
var functions = template.FuncMap{"thousands": func(n any) string {
	if n, ok := n.(int); ok {
		return text.Thousands(uint64(n)) // it counts something
	}
	return text.Thousands(n.(uint64))
}}
