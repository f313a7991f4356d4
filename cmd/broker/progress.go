package main

import (
	"sync"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/progress"
)

// progress shows on standard error how far long work is, when that is a terminal. A nil progress shows nothing. Its methods are safe
// for use by several goroutines.
type progress struct {
	writer  pretty.Writer
	tracker *pretty.Tracker
	render  sync.WaitGroup
}

// startProgress begins to count what message names. It returns nil when standard error is no terminal.
func (a *app) startProgress(message string) *progress {
	if !isTerminal(a.std.Err) {
		return nil
	}
	p := &progress{writer: pretty.NewWriter(), tracker: &pretty.Tracker{Message: message, Units: pretty.UnitsDefault}}
	p.writer.SetOutputWriter(a.std.Err)
	p.writer.SetUpdateFrequency(200 * time.Millisecond)
	p.writer.SetStyle(pretty.StyleDefault)
	p.writer.AppendTracker(p.tracker)
	p.render.Go(p.writer.Render)
	return p
}

func (p *progress) add(n int64) {
	if p != nil {
		p.tracker.Increment(n)
	}
}

// stop ends the display and waits until it is off the screen.
func (p *progress) stop() {
	if p == nil {
		return
	}
	p.tracker.MarkAsDone()
	p.writer.Stop()
	p.render.Wait()
}
