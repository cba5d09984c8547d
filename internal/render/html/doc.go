// Package html writes an incident's history as one page that opens from disk: the
// explanation, charts, every pin, and the queue at many moments. The page takes
// nothing from anywhere, and what a recording tells is never read as markup. It is
// pure.
package html
