// Package job is what the two ends of vmrun say to each other. The host puts a
// Job into the initramfs; the guest answers on two serial ports: frames with
// live output and events on one, at the end an archive with the Result and the
// files asked for on the other.
package job
