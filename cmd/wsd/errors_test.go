package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"wsd/server"
	"wsd/server/certs"
	"wsd/server/hint"
)

// TestFieldFlags reads all texts below server/: they name fields that have a flag,
// and no flags.
func TestFieldFlags(t *testing.T) {
	parser, err := newParser(new(flags))
	if err != nil {
		t.Fatal(err)
	}
	flag, field := regexp.MustCompile(`--[a-z][a-z-]*`), regexp.MustCompile(`\{([A-Z]\w*)\}`)
	named := 0
	for at, text := range serverTexts(t) {
		if name := flag.FindString(text); name != "" {
			t.Errorf("%s: the flag %s in %q", at, name, text)
		}
		for _, m := range field.FindAllStringSubmatch(text, -1) {
			named++
			_, inServer := reflect.TypeFor[server.Config]().FieldByName(m[1])
			_, inCerts := reflect.TypeFor[certs.Config]().FieldByName(m[1])
			if !inServer && !inCerts {
				t.Errorf("%s: %s in %q is no field", at, m[0], text)
			}
		}
		shown := fieldFlags.Replace(text)
		if left := field.FindString(shown); left != "" {
			t.Errorf("%s: %s in %q has no flag", at, left, text)
		}
		for _, name := range flag.FindAllString(shown, -1) {
			if find(parser.Model.Flags, name[2:]) == nil {
				t.Errorf("%s: there is no flag %s", at, name)
			}
		}
	}
	if named == 0 {
		t.Error("no text names a field")
	}
}

// serverTexts are the string literals of the sources below server/, by their
// places.
func serverTexts(t *testing.T) map[string]string {
	texts, files := map[string]string{}, token.NewFileSet()
	err := filepath.WalkDir("../../server", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "servertest":
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				texts[files.Position(n.Pos()).String()], err = strconv.Unquote(literal.Value)
			}
			return err == nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestInFlags has what a person sees of fields, and of a client that knows of them.
func TestInFlags(t *testing.T) {
	err := &hint.Error{Text: "reading the file of {CertFile}", Err: errors.New("open {PTY}"), Hint: "check {CertFile}"}
	var b bytes.Buffer
	report(&b, inFlags(err))
	if want := "wsd: error: reading the file of --sslcert: open {PTY}\nwsd: hint: check --sslcert\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	b.Reset()
	newLogger(&b, "info", "text").With("with", "{Once}").Info("too many ({MaxForks})",
		"err", err, "hint", err.Hint, "path", "/{Once}", "{Once}", 1, slog.Group("header", "hint", "{Once}"))
	_, got, _ := strings.Cut(b.String(), "msg=")
	if want := `"too many (--maxforks)" with={Once} err="reading the file of --sslcert: open {PTY}" ` +
		`hint="check --sslcert" path=/{Once} {Once}=1 header.hint={Once}` + "\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
