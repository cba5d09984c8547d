// Uringtrace explains why a process's io_uring keeps resources that it has removed:
// which node of the queue is pinned, by which request, what waits behind it and
// what would be released if the request ended.
//
// There is one file for each verb. What the verbs need of the kernel is behind the
// interfaces in kernel.go, so that they are tested without one.
package main
