package main

import (
	"fmt"
	"html"
	"os"
	"strings"
)

// plot writes a bar for each row that both Jackdaw and Apache Kafka have: Jackdaw's median as a share of Kafka's.
func (t *table) plot(file string) error {
	const width, bar, gap, label = 860, 16, 8, 340
	var rows []string
	for _, row := range t.order {
		if len(t.rows[row]["jackdaw"]) > 0 && len(t.rows[row]["kafka"]) > 0 && median(t.rows[row]["kafka"]) > 0 && !strings.HasSuffix(row, ", user") {
			rows = append(rows, row)
		}
	}
	height := 60 + len(rows)*(bar+gap)
	scale := float64(width-label-80) / 1.2
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="10" y="22" font-size="14">What Jackdaw takes, Apache Kafka 4.3.1 on the same machine being 1 (less is better)</text>`+"\n")
	one := float64(label) + scale
	fmt.Fprintf(&b, `<line x1="%.0f" y1="34" x2="%.0f" y2="%d" stroke="#999999" stroke-dasharray="4 3"/>`+"\n", one, one, height-14)
	for i, row := range rows {
		y := 40 + i*(bar+gap)
		share := median(t.rows[row]["jackdaw"]) / median(t.rows[row]["kafka"])
		length := min(share, 1.2) * scale
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", label-8, y+12, html.EscapeString(row))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="#3b6ea5"/>`+"\n", label, y, length, bar)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d">%.2f</text>`+"\n", float64(label)+length+5, y+12, share)
	}
	b.WriteString("</svg>\n")
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
