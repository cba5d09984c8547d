// Package text writes reports, events and diagnoses for people. Lines hold their
// columns when they are cut by grep and awk; colour and wrapping are only done
// where the Style asks for them.
package text
