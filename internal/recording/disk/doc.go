// Package disk keeps recordings in files, and long ones in a directory of segments
// of which the oldest go.
package disk
