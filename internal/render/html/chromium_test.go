//go:build browser

package html_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/go-quicktest/qt"

	"uringtrace/internal/render/html"
)

// chromium is the browser that all tests share.
var chromium struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	os.Exit(code)
}

// start starts the browser: a test without it would be none, so it fails.
func start(t *testing.T) context.Context {
	t.Helper()
	chromium.once.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU)
		ctx, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, stop := chromedp.NewContext(ctx)
		chromium.ctx, chromium.stop = ctx, func() { stop(); stopAll() }
		chromium.err = chromedp.Do(ctx)
	})
	qt.Assert(t, qt.IsNil(chromium.err))
	return chromium.ctx
}

// tab is a page in the browser, and what went wrong with it.
type tab struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	problems []string
	requests []string
}

// open writes the page to a disk and opens it from there.
func open(t *testing.T, in *html.Input, width, height int64) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	qt.Assert(t, qt.IsNil(os.WriteFile(file, []byte(write(t, in)), 0o600)))
	ctx, cancel := chromedp.NewContext(start(t))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	qt.Assert(t, qt.IsNil(chromedp.Listen(ctx, b.event)))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	qt.Assert(t, qt.IsNil(err))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	qt.Assert(t, qt.IsNil(err))
	at := (&url.URL{Scheme: "file", Path: file}).String()
	b.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(at))
	return b
}

// event notes what a page that is as it should be does not do.
func (b *tab) event(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// fine checks that nothing went wrong and nothing was asked of any network.
func (b *tab) fine() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	qt.Check(b.t, qt.HasLen(b.problems, 0))
	qt.Check(b.t, qt.HasLen(b.requests, 1))
	for _, request := range b.requests {
		qt.Check(b.t, qt.IsTrue(strings.HasPrefix(request, "file:///")), qt.Commentf("%s", request))
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	qt.Assert(b.t, qt.IsNil(chromedp.Do(b.ctx, actions...)))
}

// get does what has a result.
func get[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, action)
	qt.Assert(b.t, qt.IsNil(err))
	return out
}

// prefer sets the colour scheme that the user of the browser prefers.
func (b *tab) prefer(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	qt.Assert(b.t, qt.IsNil(err))
}

// eval evaluates JavaScript.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](script))
}
