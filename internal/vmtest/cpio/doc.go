// Package cpio writes the newc archives that the Linux kernel unpacks as its
// initramfs. Tree collects what the guest shall see, Writer puts it on disk.
// File bodies are streamed, so an archive may be larger than memory.
package cpio
