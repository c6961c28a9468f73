package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHelp compares --help with testdata/help.golden. A new text is written by
// hand: wsd --help > testdata/help.golden, on Linux.
func TestHelp(t *testing.T) {
	var b bytes.Buffer
	if err := writeHelp(&b); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if n := utf8.RuneCountInString(line); n > 80 || strings.TrimRight(line, " ") != line {
			t.Errorf("line %d has %d columns: %q", i+1, n, line)
		}
	}
	golden, err := os.ReadFile("testdata/help.golden")
	if err != nil {
		t.Fatal(err)
	}
	// The default of --passenv is another one on each platform.
	passenv := regexp.MustCompile(`(?s)  --passenv.*?\n  --`)
	want := strings.ReplaceAll(string(golden), "\r\n", "\n")
	got := b.String()
	if !strings.Contains(strings.Join(strings.Fields(got), " "), "(default: "+defaultPassEnv+")") {
		t.Error("the default of --passenv is not shown")
	}
	if passenv.ReplaceAllString(got, "  --") != passenv.ReplaceAllString(want, "  --") {
		t.Errorf("--help is not testdata/help.golden, but:\n%s", got)
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"one two", "one two"},
		{"one two three four", "one two|three|four"},
		{"toolongaword x", "toolongaword|x"},
		{"é é é é é", "é é é é|é"},
	} {
		if got := strings.Join(wrap(test.text, 7), "|"); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}
