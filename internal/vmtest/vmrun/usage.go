//go:build linux

package main

const usage = `vmrun runs programs and Go tests on another kernel.

usage: vmrun [flags] command

commands:
  exec TEST.test ARGS...      run one Go test binary; made for go test -exec
  test [DIR=]A.test... [-- ARGS...]
                              run many in one machine; DIR is the package's
                              directory, found from the binary if not given
  run PROGRAM ARGS...         run any static program
  shell                       get a busybox shell on the console; exit ends it,
                              Ctrl-] kills the machine
  fetch [KERNEL...]           download kernels (all if none is named)
  list                        show the downloaded kernels

flags:
`

const examples = `
The machine is emulated (QEMU, no KVM, no root) and has the programs and files
named here, at the same absolute paths as outside: testdata and the small files
of a test's package, PROGRAM, -add and -bin. Binaries must be static, that is
built with CGO_ENABLED=0.

exit codes: the program's own; 1 a test failed (test), 2 usage, 124 timeout,
125 no kernel, no QEMU or the machine crashed, 128+n killed by signal n

examples:
  go test -p 1 -exec "vmrun -kernel 6.1 exec" ./...
  go test -c -o out/tests/ ./... && vmrun -kernel 6.12 test out/tests/*.test
  vmrun -kernel 6.1 run ./out/uringtrace doctor
  vmrun -kernel 6.1 -bin out -pull /tmp/r.jsonl:r.jsonl run uringtrace record -o /tmp/r.jsonl
  vmrun -kernel 7.3 -busybox -pull /sys/kernel/btf/vmlinux:7.3.btf run true
  vmrun -kernel 6.1 -bin out shell

Kernels are kept in ${URINGTRACE_CACHE:-~/.cache}/uringtrace/kernels.
`
