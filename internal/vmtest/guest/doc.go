// Package guest is vmrun inside the virtual machine: process 1. It mounts the
// usual file systems, runs the programs of its job one after the other, watches
// the kernel log, and reports over serial ports. Needs kernel 6.1+.
package guest
