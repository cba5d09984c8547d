// Package csv writes a history's time series as a table: one row for each ring and
// interval in which something was heard of it. docs/exports.md has the columns.
package csv
