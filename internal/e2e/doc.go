// Package e2e holds the tests of the programs as people run them: uringtrace
// and uringload as processes, on this kernel, as root. They are behind the
// build tag kernel; "make test" runs them in a VM for each kernel and once on
// this machine's own.
package e2e
