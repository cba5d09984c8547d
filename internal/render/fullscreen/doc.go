// Package fullscreen is what a terminal shows of top and attach: views that take data
// and the names of keys, and give lines. They know no terminal. A view is not safe
// for concurrent use.
package fullscreen
