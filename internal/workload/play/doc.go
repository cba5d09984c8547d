// Package play runs the scenarios that package workload names.
//
// A scenario is a plan: what is set up, what request is left in flight, how one
// removal is made. The pieces know nothing of each other, so a new scenario is a
// new row in plan.go, with a new piece only if none of the present ones will do.
// Everything but this comment needs the build tag giouring.
package play
