//go:build browser

package html_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/rendertest"
)

// TestFiguresAreThoseOfExplain: what the page says at the end is what explain -o
// json says.
func TestFiguresAreThoseOfExplain(t *testing.T) {
	in := leak("dragonfly", 3000)
	b := open(t, in, 1280, 900)
	var line bytes.Buffer
	qt.Assert(t, qt.IsNil(jsonl.Report(&line, in.Report)))
	var want queue.Report
	qt.Assert(t, qt.IsNil(json.Unmarshal(line.Bytes(), &want)))
	qt.Assert(t, qt.HasLen(want.Rings, 1))
	r := &want.Rings[0]
	cells := eval[[]string](b, `[...document.querySelectorAll('#rings tbody tr[data-ring="1"] > *')].map(c => c.textContent.replaceAll(',', ''))`)
	qt.Check(t, qt.DeepEquals(cells, []string{
		"1", strconv.Itoa(r.FD), string(r.Queue.State), "yes", strconv.Itoa(r.Queue.Nodes), strconv.Itoa(r.Queue.Pinned),
		strconv.Itoa(r.Queue.Blocked), strconv.Itoa(r.Queue.Releasing), strconv.Itoa(r.Held.Sockets), strconv.Itoa(r.Held.Files),
		strconv.FormatUint(r.Held.Bytes, 10),
	}))
	qt.Check(t, qt.Equals(eval[string](b, `document.querySelector('.standing').dataset.nodes`), strconv.Itoa(r.Queue.Nodes)))
	findings := eval[string](b, `document.querySelector('#findings').innerText`)
	for _, remedy := range r.Remedies {
		qt.Check(t, qt.StringContains(findings, remedy.Text))
	}
	legend := eval[string](b, `document.querySelector('#depth-legend').innerText`)
	for _, n := range []int{r.Queue.Nodes, r.Queue.Blocked, r.Held.Sockets} {
		qt.Check(t, qt.StringContains(strings.ReplaceAll(legend, ",", ""), strconv.Itoa(n)))
	}
	b.fine()
}

// TestSlider goes through moments by keyboard, and by a click into a chart.
func TestSlider(t *testing.T) {
	in := leak("dragonfly", 3000)
	b := open(t, in, 1280, 900)
	moments := in.History.Moments()
	at := func() int { return eval[int](b, `Number(document.getElementById('when').value)`) }
	check := func(i int) {
		t.Helper()
		qt.Check(t, qt.Equals(at(), i))
		want := []string{}
		for _, r := range moments[i].Rings {
			want = append(want, strconv.Itoa(r.Queue.Nodes))
		}
		nodes := eval[[]string](b, `[...document.querySelectorAll('#standing [data-nodes]')].map(e => e.dataset.nodes)`)
		qt.Check(t, qt.DeepEquals(nodes, want))
		qt.Check(t, qt.StringContains(eval[string](b, `document.getElementById('when-text').textContent`), fmt.Sprintf("(%d of %d)", i+1, len(moments))))
	}
	check(len(moments) - 1)
	b.do(chromedp.Focus("#when"), chromedp.KeyEvent(kb.Home))
	check(0)
	b.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	check(2)
	b.do(chromedp.KeyEvent(kb.PageUp))
	qt.Check(t, qt.IsTrue(at() > 3))
	check(at())
	b.do(chromedp.KeyEvent(kb.End))
	check(len(moments) - 1)
	b.do(chromedp.Click("#depth .u-over"))
	middle := at()
	qt.Check(t, qt.IsTrue(middle > 0 && middle < len(moments)-1), qt.Commentf("%d", middle))
	check(middle)
	qt.Check(t, qt.StringContains(eval[string](b, `document.querySelector('.standing').innerText`), "POLL_ADD"))
	b.fine()
}

// TestPinTable sorts by mouse and by keyboard, and filters.
func TestPinTable(t *testing.T) {
	in := leak("dragonfly", 3000)
	b := open(t, in, 1280, 900)
	pins := in.History.Pins()
	qt.Assert(t, qt.HasLen(pins, 3))
	column := func(i int) []string {
		return eval[[]string](b, fmt.Sprintf(`[...document.querySelectorAll('#pin-table tbody tr')].map(r => r.cells[%d].textContent.replaceAll(',', ''))`, i-1))
	}
	sorted := func(i int) string {
		return eval[string](b, fmt.Sprintf(`document.querySelectorAll('#pin-table th')[%d].ariaSort`, i-1))
	}
	var nodes []string
	for _, p := range pins {
		nodes = append(nodes, strconv.Itoa(p.Node))
	}
	const node, held = 2, 4
	qt.Check(t, qt.Equals(sorted(held), "descending"))
	qt.Check(t, qt.Equals(column(node)[0], nodes[0])) // the poll is held longest
	b.do(chromedp.Click(`#pin-table th:nth-child(2) button`))
	backwards := slices.Clone(nodes)
	slices.Reverse(backwards)
	qt.Check(t, qt.DeepEquals(column(node), backwards))
	b.do(chromedp.Focus(`#pin-table th:nth-child(2) button`), chromedp.KeyEvent(kb.Enter))
	qt.Check(t, qt.DeepEquals(column(node), nodes))
	qt.Check(t, qt.Equals(sorted(node), "ascending"))
	qt.Check(t, qt.Equals(sorted(held), "none"))

	b.do(chromedp.SendKeys("#filter", "holders ended"))
	qt.Check(t, qt.DeepEquals(column(node), nodes[1:]))
	qt.Check(t, qt.Equals(eval[string](b, `document.getElementById('filter-count').textContent`), "2 of 3 pins"))
	qt.Check(t, qt.Equals(eval[int](b, `document.querySelectorAll('#bars li').length`), 2))
	b.do(chromedp.SendKeys("#filter", " nonesuch"))
	qt.Check(t, qt.HasLen(column(node), 0))
	b.fine()
}

// TestLooks holds what can be measured of how the page looks in both schemes and on
// narrow screens: nothing sticks out, text can be told from its ground, charts are
// drawn. With SCREENSHOTS=dir it leaves pictures there.
func TestLooks(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 400} {
			name := fmt.Sprintf("%s-%d", scheme, width)
			t.Run(name, func(t *testing.T) {
				b := open(t, leak("dragonfly", 3000), width, 900)
				b.prefer(scheme)
				qt.Check(t, qt.IsTrue(eval[int](b, `document.documentElement.scrollWidth`) <= int(width)))
				qt.Check(t, qt.HasLen(eval[[]string](b, tooFaint), 0))
				qt.Check(t, qt.HasLen(eval[[]string](b, `[...document.querySelectorAll('input, select')].filter(e => !e.labels.length).map(e => e.id)`), 0))
				qt.Check(t, qt.DeepEquals(eval[[]bool](b, drawn), []bool{true, true}))
				keep(t, name+".png", get(b, chromedp.FullScreenshot(100)))
				b.fine()
			})
		}
	}
}

// tooFaint lists texts whose contrast to what is behind them is below what WCAG 2
// asks of text (AA).
const tooFaint = `(() => {
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0.5) return c; } return [255, 255, 255]; };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = texts.nextNode(); n; n = texts.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || ['SCRIPT', 'STYLE'].includes(e.tagName) || !e.checkVisibility()) continue;
    const [a, b] = [luminance(rgb(getComputedStyle(e).color)), luminance(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(n.data.trim().slice(0, 40) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return faint;
})()`

// drawn tells of each chart whether its canvas has more than a few drops of colour.
const drawn = `[...document.querySelectorAll('.chart canvas')].map((c) => {
  const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let drops = 0;
  for (let i = 3; i < all.length; i += 4) drops += all[i] > 128;
  return drops > 500;
})`

// TestKeyboard: the skip link comes first, and Tab reaches all that can be operated.
func TestKeyboard(t *testing.T) {
	b := open(t, leak("dragonfly", 3000), 1280, 900)
	var reached []string
	for range 50 {
		b.do(chromedp.KeyEvent(kb.Tab))
		reached = append(reached, eval[string](b, `(e => e.id || e.className || e.tagName + ' ' + e.textContent)(document.activeElement)`))
	}
	qt.Check(t, qt.Equals(reached[0], "skip"))
	for _, each := range []string{"ring", "when", "bar open", "filter", "BUTTON Held for", "scroll"} {
		qt.Check(t, qt.SliceContains(reached, each))
	}
	b.fine()
}

func TestPrint(t *testing.T) {
	b := open(t, leak("dragonfly", 3000), 1280, 900)
	b.prefer("dark")
	pdf := get(b, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	qt.Check(t, qt.IsTrue(bytes.HasPrefix(pdf, []byte("%PDF-"))))
	qt.Check(t, qt.IsTrue(len(pdf) > 20_000), qt.Commentf("%d bytes", len(pdf)))
	keep(t, "print.pdf", pdf)
	qt.Check(t, qt.IsFalse(eval[bool](b, `'paper' in document.documentElement.dataset`))) // it is as before
	b.fine()
}

// TestHostileRecording: a name that is markup stays a name.
func TestHostileRecording(t *testing.T) {
	in := leak(hostile, 400)
	b := open(t, in, 1280, 900)
	qt.Check(t, qt.StringContains(eval[string](b, `document.querySelector('h1').textContent`), hostile))
	qt.Check(t, qt.StringContains(eval[string](b, `document.getElementById('standing').textContent`), hostile))
	qt.Check(t, qt.StringContains(eval[string](b, `document.getElementById('pin-table').textContent`), hostile))
	qt.Check(t, qt.StringContains(eval[string](b, `document.title`), "blocked"))
	qt.Check(t, qt.Equals(eval[int](b, `document.querySelectorAll('img').length`), 0))
	b.fine()
}

// TestPolicy: what is not the page's own does not run, and would not go unnoticed.
func TestPolicy(t *testing.T) {
	b := open(t, leak("dragonfly", 400), 1280, 900)
	ran := eval[bool](b, `(() => {
	  const s = document.createElement('script');
	  s.textContent = 'window.ran = true';
	  document.body.append(s);
	  return Boolean(window.ran);
	})()`)
	qt.Check(t, qt.IsFalse(ran))
	b.mu.Lock()
	defer b.mu.Unlock()
	qt.Check(t, qt.IsTrue(len(b.problems) > 0))
}

// TestNothingToTell: a process that is clear has a page without empty frames.
func TestNothingToTell(t *testing.T) {
	b := open(t, clearPage(t), 1280, 900)
	qt.Check(t, qt.StringContains(eval[string](b, `document.body.innerText`), "Nothing is queued in any ring"))
	b.fine()
}

// TestWhatWasNotWatchedIsNotZero: no line is drawn of what nobody looked at.
func TestWhatWasNotWatchedIsNotZero(t *testing.T) {
	lines := func(b *tab) string { return eval[string](b, `document.getElementById('rates-legend').innerText`) }
	in := leak("dragonfly", 400)
	b := open(t, in, 1280, 900)
	qt.Check(t, qt.StringContains(lines(b), "released"))

	in.Report.Rings[0].Seen.RemovalsOnly = true
	b = open(t, in, 1280, 900)
	qt.Check(t, qt.StringContains(lines(b), "removed"))
	qt.Check(t, qt.Not(qt.StringContains(lines(b), "released")))
	qt.Check(t, qt.StringContains(eval[string](b, `document.body.innerText`), "what was released is not known"))

	in.Report.Backend = "none"
	b = open(t, in, 1280, 900)
	qt.Check(t, qt.IsTrue(eval[bool](b, `document.getElementById('rates-figure').hidden`)))
	qt.Check(t, qt.StringContains(eval[string](b, `document.body.innerText`), "Removals and releases were not watched"))
	b.fine()
}

// TestEveryShape opens the pages of all shapes of a report, of which nothing more is
// known.
func TestEveryShape(t *testing.T) {
	for name, report := range rendertest.Reports() {
		b := open(t, bare(report), 1280, 900)
		qt.Check(t, qt.IsFalse(eval[bool](b, `document.getElementById('pins').hidden`)), qt.Commentf("%s", name))
		qt.Check(t, qt.HasLen(eval[[]string](b, `[...document.querySelectorAll('#rings tbody tr')].map(r => r.dataset.ring)`), len(report.Rings)))
		b.fine()
	}
}

// TestLongPage: a recording of a million events is usable: it opens and the slider
// moves within a second each.
func TestLongPage(t *testing.T) {
	b := open(t, leak("dragonfly", 333_333), 1280, 900)
	opened := eval[float64](b, `performance.getEntriesByType('navigation')[0].loadEventEnd`)
	moved := eval[float64](b, `(() => { const t = performance.now(); const w = document.getElementById('when'); w.value = 3; w.dispatchEvent(new Event('input')); return performance.now() - t; })()`)
	t.Logf("opened in %.0f ms, moved in %.1f ms", opened, moved)
	qt.Check(t, qt.IsTrue(opened < 10_000 && moved < 1000))
	b.fine()
}

func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		qt.Check(t, qt.IsNil(os.WriteFile(filepath.Join(dir, name), data, 0o644)))
	}
}
