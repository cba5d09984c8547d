// Package bench knows what a measurement is: rounds without and with an observer,
// what that says, how it is written, and whether it is worse than its budget.
//
// It is pure. The program that measures is uringbench, below it.
package bench
