package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// printJSON writes each round's values, in seconds and bytes.
func printJSON(w io.Writer, results []*result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(results)
}

// report writes the medians as a Markdown table, with the other servers as
// multiples of the base, then why a cell is empty, and the machine.
func (c *comparison) report(w io.Writer, results []*result) error {
	var b strings.Builder
	c.writeHead(&b)
	for i, sc := range c.scenarios {
		row := results[i*len(c.servers):][:len(c.servers)]
		for k, m := range sc.measures {
			name := ""
			if k == 0 {
				name = sc.name
			}
			fmt.Fprintf(&b, "| %s | %s |", name, m)
			for j := range row {
				fmt.Fprintf(&b, " %s |", c.cell(row, j, m))
			}
			b.WriteByte('\n')
		}
	}
	b.WriteByte('\n')
	c.writeNotes(&b, results)
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *comparison) writeHead(b *strings.Builder) {
	b.WriteString("| scenario | |")
	for _, s := range c.servers {
		fmt.Fprintf(b, " %s |", s.name)
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" ---: |", len(c.servers)) + "\n")
}

// cell is server j's median and how many times the base's it is.
func (c *comparison) cell(row []*result, j int, m measure) string {
	r := row[j]
	value, ok := r.median(m)
	if !ok {
		return r.missing()
	}
	text := m.format(value)
	base, ok := row[c.base].median(m)
	if !ok || j == c.base {
		return text
	}
	if times, ok := ratio(value, base); ok {
		text += " (" + formatDigits(times) + " ×)"
	}
	return text
}

// median is over the rounds. It is not ok when the server was not measured, or
// this is not known on the platform.
func (r *result) median(m measure) (value float64, ok bool) {
	var all []float64
	for _, v := range r.Rounds {
		if value, ok := v[m]; ok {
			all = append(all, value)
		}
	}
	if r.Verdict != "" || len(all) == 0 {
		return 0, false
	}
	return median(all), true
}

func (r *result) missing() string {
	if r.Verdict != "" {
		return r.Verdict
	}
	return "n/a"
}

func (c *comparison) writeNotes(b *strings.Builder, results []*result) {
	gap := ""
	for _, r := range results {
		if r.Verdict != "" {
			fmt.Fprintf(b, "- %s, %s: %s\n", r.Server, r.Scenario, r.Reason)
			gap = "\n"
		}
	}
	fmt.Fprintf(b, "%sMedians of %d rounds at scale %v; CPU is the daemon's own. × is relative to %s.\n", gap, c.rounds, c.scale, c.servers[c.base].name)
	fmt.Fprintf(b, "Measured on %s, %d cores, %s, with %s.\n", cpuModel(), runtime.NumCPU(), kernel(), runtime.Version())
}
