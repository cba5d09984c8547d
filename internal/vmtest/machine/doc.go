// Package machine boots a kernel with an initramfs in QEMU and stays with it
// until it ends. Everything is plain emulation with three serial ports, which
// are built into every kernel: no KVM, no modules, no root needed.
//
// Emulation has a defect that looks like a bug in the program under test. In QEMU
// 7.2 a SETA or SETBE after a TEST, whose byte goes to a page that is not there
// yet, stores the wrong value: the page fault runs the instruction again with
// flags that its first run has spoilt. Go makes that of a bool field set to
// x > 0 of an unsigned x in memory never used before: 100 of 100 in a loop over
// fresh pages on 6.1 and 6.12, none on a processor; x != 0 is right.
package machine
