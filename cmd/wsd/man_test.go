package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"--a-b":                        `\-\-a\-b`,
		`a\nb`:                         `a\enb`,
		".TH":                          `\&.TH`,
		"'x'":                          `\&'x'`,
		"ARG…":                         `ARG\[u2026]`,
		"see " + defaultPassEnv:        "see PATH,LD_LIBRARY_PATH",
		strings.Repeat("x", 70) + " .": strings.Repeat("x", 70) + " .",
		strings.Repeat("x", 71) + " .": strings.Repeat("x", 71) + "\n" + `\&.`,
	} {
		if got := roff(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestMan looks for every flag, its help and its group in the man page.
func TestMan(t *testing.T) {
	var b bytes.Buffer
	if err := writeMan(&b); err != nil {
		t.Fatal(err)
	}
	p, err := newPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range p.Groups {
		if !strings.Contains(b.String(), "\n.SS "+group.Title+"\n") {
			t.Errorf("no group %q", group.Title)
		}
		for _, flag := range group.Flags {
			if !strings.Contains(b.String(), `\-\-`+roff(flag.Name)) || !strings.Contains(b.String(), "\n"+roff(flag.Help)+"\n") {
				t.Errorf("no --%s or not its help", flag.Name)
			}
		}
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if strings.TrimRight(line, " ") != line || strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r == '\t' }) {
			t.Errorf("line %d: %q", i+1, line)
		}
	}
}
