// Package incident is one process under observation: who it is, on which kernel,
// and all that was learned of it so far. It learns from whoever looks at a kernel,
// and can have what it learns written down; or from such a record, and then comes to
// the same answers without any kernel. It is pure and deterministic.
package incident
