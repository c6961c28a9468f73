package main

import (
	"embed"
	"io"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// pages are templates of the man page and of the completions: what they say about
// flags comes from the struct in flags.go, by way of kong's model.
//
//go:embed pages
var pages embed.FS

// page is what pages are filled with.
type page struct {
	Version string
	Date    string // of the release, as 2006-01-02, or empty
	Groups  []*pageGroup
	Flags   []*kong.Flag // those of all groups
}

type pageGroup struct {
	Title string
	Flags []*kong.Flag
}

func newPage() (*page, error) {
	parser, err := newParser(new(flags))
	if err != nil {
		return nil, err
	}
	p := &page{Version: currentVersion(), Date: currentDate(), Flags: parser.Model.Flags}
	var group *pageGroup
	for _, flag := range p.Flags {
		if group == nil || group.Title != flag.Group.Title {
			group = &pageGroup{Title: flag.Group.Title}
			p.Groups = append(p.Groups, group)
		}
		group.Flags = append(group.Flags, flag)
	}
	return p, nil
}

// writePage writes pages/name, filled in. Its functions are those that the man
// page and the shells need.
func writePage(w io.Writer, name string) error {
	p, err := newPage()
	if err != nil {
		return err
	}
	t, err := template.New(name).Funcs(template.FuncMap{
		"roff":    roff,
		"takes":   takes,
		"summary": summary,
		"zsh":     zshText,
		"quote":   quote,
		"join":    strings.Join,
	}).ParseFS(pages, "pages/"+name)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	// Git may give a source tree the line ends of Windows, which no shell
	// accepts.
	_, err = io.WriteString(w, strings.ReplaceAll(b.String(), "\r\n", "\n"))
	return err
}

// Taking returns the names of the flags whose values are of this kind; see takes.
func (p *page) Taking(kind string) []string {
	var names []string
	for _, flag := range p.Flags {
		if takes(flag) == kind {
			names = append(names, flag.Name)
		}
	}
	return names
}

// takes says what a shell can offer as the flag's value: "switch" (true and
// false), "word" (one of flag.EnumSlice), "file", "folder", or "text", for which
// there is nothing.
func takes(flag *kong.Flag) string {
	switch {
	case flag.IsBool():
		return "switch"
	case flag.Enum != "":
		return "word"
	case flag.Tag.Has("complete"):
		return flag.Tag.Get("complete")
	default:
		return "text"
	}
}
