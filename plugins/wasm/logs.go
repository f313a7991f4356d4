package wasm

import (
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

const (
	linesPerSecond = 10  // of a digest, on average
	lineBurst      = 100 // at once
	keptLines      = 200 // for Logs
	keptDigests    = 256
)

// LogLine is a line that a plugin logged, or how it failed.
type LogLine = plugin.LogLine

// logBook keeps the last lines of each digest and decides how many there may be.
type logBook struct {
	mu    sync.Mutex
	pages map[plugin.Digest]*logPage
}

type logPage struct {
	tokens  float64
	filled  time.Time
	dropped int
	lines   []LogLine // a ring once it is full
	next    int
}

// allow takes a line off the rate of a digest; it returns how many lines were dropped before this one.
func (l *logBook) allow(d plugin.Digest, now time.Time) (dropped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	page := l.page(d, now)
	page.tokens = min(page.tokens+now.Sub(page.filled).Seconds()*linesPerSecond, lineBurst)
	page.filled = now
	if page.tokens < 1 {
		page.dropped++
		return 0, false
	}
	page.tokens--
	dropped, page.dropped = page.dropped, 0
	return dropped, true
}

// write keeps a line.
func (l *logBook) write(d plugin.Digest, line LogLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	page := l.page(d, line.Time)
	if len(page.lines) < keptLines {
		page.lines = append(page.lines, line)
	} else {
		page.lines[page.next] = line
		page.next = (page.next + 1) % keptLines
	}
}

func (l *logBook) page(d plugin.Digest, now time.Time) *logPage {
	if page := l.pages[d]; page != nil {
		return page
	}
	if l.pages == nil {
		l.pages = make(map[plugin.Digest]*logPage)
	}
	if len(l.pages) == keptDigests {
		var oldest plugin.Digest
		for digest, page := range l.pages {
			if old := l.pages[oldest]; old == nil || page.filled.Before(old.filled) {
				oldest = digest
			}
		}
		delete(l.pages, oldest)
	}
	page := &logPage{tokens: lineBurst, filled: now}
	l.pages[d] = page
	return page
}

func (l *logBook) lines(d plugin.Digest) []LogLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	page := l.pages[d]
	if page == nil {
		return nil
	}
	return append(append([]LogLine(nil), page.lines[page.next:]...), page.lines[:page.next]...)
}

// log writes a line of a guest, within the rate of its digest.
func (p *pool) log(level zapcore.Level, text []byte) {
	if len(text) == 0 {
		return
	}
	now, book := time.Now(), &p.program.engine.logs
	dropped, ok := book.allow(p.program.digest, now)
	if !ok {
		return // a flood costs no more than this
	}
	line := LogLine{Time: now, Level: level.String(), Plugin: p.label, Binding: p.binding.Target, Text: string(appendText(nil, text))}
	book.write(p.program.digest, line)
	fields := []zap.Field{zap.String("plugin", p.label), zap.String("binding", p.binding.Target)}
	if dropped > 0 {
		fields = append(fields, zap.Int("dropped_lines", dropped))
	}
	p.program.logger.Log(level, line.Text, fields...)
}

// appendText appends at most 1 KiB of text from a guest as valid UTF-8 without control characters.
func appendText(dst, text []byte) []byte {
	for text = text[:min(len(text), abi.MaxMessage)]; len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		if unicode.IsControl(r) {
			r = utf8.RuneError
			if len(text) > size && text[0] == '\n' || text[0] == '\t' {
				r = ' '
			} else if text[0] == '\n' {
				return dst
			}
		}
		dst = utf8.AppendRune(dst, r)
		text = text[size:]
	}
	return dst
}
