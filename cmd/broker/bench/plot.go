package bench

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Measures of a plot, in pixels.
const (
	plotRow    = 22 // from one bar to the next
	plotBar    = 15
	plotTop    = 58
	plotPanel  = 300 // the longest bar
	plotFigure = 70  // room for the figure behind a bar
	plotGlyph  = 7   // about the width of a letter
	plotTail   = 150 // room behind the last panel, whose title is longer than its bars
)

// panel is a column of bars in a plot.
type panel struct {
	title string
	color string
	value func(Row) float64
}

// Plot draws a sweep as an SVG: a row for each combination with a bar for its throughput and one for its p99, or for a sweep of latency
// alone its p50 and p99. The rows that the verdict names are marked.
func (s Sweep) Plot(w io.Writer) error {
	const blue, red = "#3b6ea5", "#b5523b"
	panels := []panel{{"MB/s at full speed (more is better)", blue, Row.mbps}, {"", red, Row.p99}}
	panels[1].title = fmt.Sprintf("p99 in ms, produced to consumed at %d records/s (less is better)", s.Rate)
	if s.Verdict.Fastest < 0 {
		panels[0] = panel{"p50 in ms, produced to consumed (less is better)", blue, func(r Row) float64 {
			if r.Latency == nil || r.Latency.Consumed == nil {
				return 0
			}
			return r.Latency.Consumed.P50
		}}
	}
	label := 0
	labels := make([]string, len(s.Rows))
	for i, row := range s.Rows {
		labels[i] = row.Settings.describe(s.Swept)
		label = max(label, 20+plotGlyph*len(labels[i]))
	}
	width := label + len(panels)*(plotPanel+plotFigure) + s.tail()
	height := plotTop + len(s.Rows)*plotRow + 14
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="10" y="22" font-size="15">%s</text>`+"\n", html.EscapeString(s.title()))
	for i := range s.Rows {
		y := plotTop + i*plotRow + plotBar - 3
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", label-8, y, html.EscapeString(labels[i]))
		if mark := s.Verdict.Mark(i); mark != "" {
			x := label + len(panels)*(plotPanel+plotFigure)
			fmt.Fprintf(&b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", x, y, mark)
		}
	}
	for i, p := range panels {
		s.drawPanel(&b, p, label+i*(plotPanel+plotFigure))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// tail is the room that the marks behind the last panel need.
func (s Sweep) tail() int {
	tail := plotTail
	for i := range s.Rows {
		tail = max(tail, (plotGlyph+1)*len(s.Verdict.Mark(i))) // they are bold
	}
	return tail
}

// title says what was compared, with which records, and how often.
func (s Sweep) title() string {
	title := "Producer settings compared"
	if len(s.Rows) > 0 && s.Rows[0].Latency != nil && s.Rows[0].Latency.Payload != "" {
		title += ": " + s.Rows[0].Latency.Payload
	}
	if s.Rounds > 1 {
		title += fmt.Sprintf(", median of %d rounds", s.Rounds)
	}
	return title
}

// drawPanel draws the bars of one figure, the longest over the panel's whole width.
func (s Sweep) drawPanel(b *strings.Builder, p panel, x int) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="11">%s</text>`+"\n", x, plotTop-10, html.EscapeString(p.title))
	longest := 0.0
	for _, row := range s.Rows {
		longest = max(longest, p.value(row))
	}
	for i, row := range s.Rows {
		y, value := plotTop+i*plotRow, p.value(row)
		length := 0.0
		if longest > 0 {
			length = value / longest * plotPanel
		}
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", x, y, length, plotBar, p.color)
		fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", float64(x)+length+5, y+plotBar-3, figure(value))
	}
}

// Mark says why the i-th row stands out, "" for one that does not.
func (v Verdict) Mark(i int) string {
	var marks []string
	if i == v.Fastest {
		marks = append(marks, "fastest")
	}
	if i == v.LowestLatency {
		marks = append(marks, "lowest latency")
	}
	if i == v.Compromise {
		marks = append(marks, "best compromise")
	}
	return strings.Join(marks, ", ")
}
