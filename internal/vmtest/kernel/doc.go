// Package kernel provides the kernels that tests run on: Debian's cloud
// kernels, downloaded by apt, verified by apt, kept in a cache. The mirror and
// the keyring are those of the machine's own apt configuration; apt's state on
// the machine is neither read nor changed.
package kernel
