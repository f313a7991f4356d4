package main

import (
	"fmt"
	"html"
	"os"
	"strings"
)

// Sizes of the plot, in pixels.
const (
	plotWidth = 860
	plotLabel = 360 // room for the names of rows
	barHeight = 14
	barStep   = 22
	plotHead  = 66
	plotShown = 1.1 // the largest share that is drawn whole
)

// plot writes a bar for each row that both Jackdaw and Apache Kafka have: Jackdaw's median as a share of Kafka's. A mark
// shows the floor's share.
func (t *table) plot(file string) error {
	rows := t.compared()
	height := plotHead + len(rows)*barStep + 10
	scale := float64(plotWidth-plotLabel-60) / plotShown
	var b strings.Builder
	text := func(x, y float64, attributes, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(s))
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#222222">`+"\n",
		plotWidth, height, plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", plotWidth, height)
	text(12, 22, `font-size="15" font-weight="bold"`, "What Jackdaw takes where Apache Kafka 4.3.1 takes 1, on the same machine (less is better)")
	text(12, 42, `fill="#666666"`, "Medians of CPU seconds per GB, milliseconds, memory. The orange mark is what merely moving the bytes takes.")
	one := plotLabel + scale
	fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#999999" stroke-dasharray="4 3"/>`+"\n", one, plotHead-8, one, height-8)
	for i, row := range rows {
		y := float64(plotHead + i*barStep)
		figures := t.rows[row]
		kafka := median(figures["kafka"])
		share := median(figures["jackdaw"]) / kafka
		length := min(share, plotShown) * scale
		text(plotLabel-10, y+barHeight-3, `text-anchor="end"`, row)
		fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="%.1f" height="%d" rx="2" fill="%s"/>`+"\n", plotLabel, y, max(length, 1.5), barHeight, barColour(share))
		if floor := figures["floor"]; len(floor) > 0 && median(floor) > 0 {
			x := min(median(floor)/kafka, plotShown) * scale
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="3" height="%d" fill="#e08a1e"/>`+"\n", plotLabel+x-1.5, y-2, barHeight+4)
			length = max(length, x)
		}
		text(plotLabel+length+7, y+barHeight-3, `font-weight="bold"`, times(share))
	}
	b.WriteString("</svg>\n")
	return os.WriteFile(file, []byte(b.String()), 0o600)
}

// compared returns the rows that have figures of both brokers. User time is a part of another row.
func (t *table) compared() []string {
	var rows []string
	for _, row := range t.order {
		kafka := t.rows[row]["kafka"]
		if len(t.rows[row]["jackdaw"]) > 0 && len(kafka) > 0 && median(kafka) > 0 && !strings.HasSuffix(row, ", user") {
			rows = append(rows, row)
		}
	}
	return rows
}

// barColour tells at a glance where Jackdaw takes more than Kafka.
func barColour(share float64) string {
	if share > 1 {
		return "#b5443c"
	}
	return "#3b6ea5"
}
