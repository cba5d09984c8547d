// Package machine boots a kernel with an initramfs in QEMU and stays with it
// until it ends. Everything is plain emulation with three serial ports, which
// are built into every kernel: no KVM, no modules, no root needed.
package machine
