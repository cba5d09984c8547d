// Package render holds the values that the renderers below it print beside a
// queue.Report. It and the renderers are pure: they know no kernel and open no
// file.
package render
