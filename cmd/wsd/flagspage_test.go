package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestFlagsPage compares the tables in docs/flags.md with the struct in flags.go.
// With -update it writes them.
func TestFlagsPage(t *testing.T) {
	const file = "../../docs/flags.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), "\r\n", "\n")
	before, rest, begun := strings.Cut(page, "by: make docs -->\n")
	old, after, ended := strings.Cut(rest, "<!-- end -->\n")
	if !begun || !ended {
		t.Fatal("no place for the tables")
	}
	want := flagTables(t)
	switch {
	case old == want:
	case *update:
		page = before + "by: make docs -->\n" + want + "<!-- end -->\n" + after
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("docs/flags.md is not up to date: make docs writes it")
	}
}

// flagTables is a table of each group of flags, in Markdown.
func flagTables(t *testing.T) string {
	p, err := newPage()
	if err != nil {
		t.Fatal(err)
	}
	// One page serves all platforms, as the man page does.
	plain := strings.NewReplacer(defaultPassEnv, "PATH,LD_LIBRARY_PATH", "|", `\|`)
	named := regexp.MustCompile(`--[a-z][a-z-]*[a-z]`)
	var b strings.Builder
	for _, group := range p.Groups {
		fmt.Fprintf(&b, "\n### %s\n\n| flag | meaning |\n| --- | --- |\n", group.Title)
		for _, flag := range group.Flags {
			name := "--" + flag.Name
			if takes(flag) != "switch" {
				name += "=" + flag.FormatPlaceHolder()
			}
			if flag.Short != 0 {
				name = fmt.Sprintf("-%c`, `%s", flag.Short, name)
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, named.ReplaceAllString(plain.Replace(flag.Help), "`$0`"))
		}
	}
	return b.String() + "\n"
}
