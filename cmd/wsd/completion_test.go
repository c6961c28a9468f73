package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

var shells = []string{"bash", "zsh", "fish"}

func TestSummary(t *testing.T) {
	for help, want := range map[string]string{
		"Certificate, PEM.":                             "Certificate, PEM",
		"TCP port; 80 unless given. 0: any.":            "TCP port",
		"text or json (default: text).":                 "text or json",
		"Address to listen on, repeatable; all. IPv6.":  "Address to listen on",
		"Origins: [scheme://]host[:port]; any.":         "Origins: [scheme://]host[:port]",
		"A page to try a backend from the browser, at…": "A page to try a backend from the browser, at…",
	} {
		if got := summary(help); got != want {
			t.Errorf("%q: %q, want %q", help, got, want)
		}
	}
}

func TestShellTexts(t *testing.T) {
	if got, want := zshText(`[a]: \b`), `\[a\]\: \\b`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := quote("it's"), `'it'\''s'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestCompletions looks for every flag in every script, and for what its value
// can be.
func TestCompletions(t *testing.T) {
	p, err := newPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range shells {
		var b bytes.Buffer
		if err := writeCompletion(&b, shell); err != nil {
			t.Fatal(err)
		}
		for _, flag := range p.Flags {
			// bash has --port as 'port=' or port, zsh as --port=[…], fish as -l port.
			if !regexp.MustCompile(`[ '-]` + flag.Name + `\b`).MatchString(b.String()) {
				t.Errorf("%s does not know --%s", shell, flag.Name)
			}
			if flag.Enum != "" && !strings.Contains(b.String(), strings.ReplaceAll(flag.Enum, ",", " ")) {
				t.Errorf("%s does not know the values of --%s", shell, flag.Name)
			}
		}
	}
}

// TestTakes checks that no flag whose placeholder promises a file or a folder
// lacks the tag by which the shells know it.
func TestTakes(t *testing.T) {
	p, err := newPage()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{"switch": true, "word": true, "file": true, "folder": true, "text": true}
	for _, flag := range p.Flags {
		kind := takes(flag)
		promised := map[string]string{"FILE": "file", "DIR": "folder"}[flag.FormatPlaceHolder()]
		if !kinds[kind] || promised != "" && kind != promised {
			t.Errorf("--%s takes a %q", flag.Name, kind)
		}
	}
}
