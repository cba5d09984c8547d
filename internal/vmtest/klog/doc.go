// Package klog tells which lines of a kernel log are complaints.
package klog
