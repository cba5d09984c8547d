//go:build linux

// Vmrun runs programs and Go tests on other kernels: in a virtual machine whose
// whole disk is an archive made for the occasion.
//
// The same static binary is the tool outside and process 1 inside. Outside it
// packs itself, the programs and their files into an initramfs, at the same
// absolute paths, and boots it; inside it runs the programs and sends their
// output live, then exit codes and files. Nothing is shared with the machine,
// so nothing can be left behind. "vmrun -h" shows the commands.
package main
