// Package observe joins what internal/probe sees to what internal/queue knows:
// it attaches to a process, lays the live events over a walk, repairs what was
// lost by another walk, and explains.
package observe
