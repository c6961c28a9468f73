package cgi

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wsd/server/files"
)

// scriptTree is a folder of scripts with a neighbour that must stay out of reach.
// Files with the extension .cmd are executable on every platform, the others on
// none. links is false where this user may make no symbolic links.
func scriptTree(t testing.TB) (dir string, links bool) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "scripts")
	program, text := &fstest.MapFile{Mode: 0o755}, &fstest.MapFile{Mode: 0o644}
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(filepath.FromSlash(target))}
	}
	if err := os.CopyFS(top, fstest.MapFS{
		"scripts/env.cmd":            program,
		"scripts/with space.cmd":     program,
		"scripts/notes.txt":          text,
		"scripts/.hidden.cmd":        program,
		"scripts/.git/hooks/x.cmd":   program,
		"scripts/sub/deep.cmd":       program,
		"scripts/sub/.dot/in.cmd":    program,
		"scripts/folder.cmd/run.cmd": program,
		"outside/evil.cmd":           program,
		"scripts-2/near.cmd":         program,
	}); err != nil {
		t.Fatal(err)
	}
	err := os.CopyFS(dir, fstest.MapFS{
		"absolute.cmd":     link(filepath.Join(dir, "env.cmd")),
		"sub/relative.cmd": link("../env.cmd"),
		"hooks":            link(".git/hooks"),
		"escape.cmd":       link(filepath.Join(top, "outside", "evil.cmd")),
		"out":              link("../outside"),
		"near":             link("../scripts-2"),
		"broken.cmd":       link("nowhere"),
		"loop":             link("loop"),
		"self":             link("."),
	})
	if err != nil {
		t.Logf("no symbolic links here: %v", err)
	}
	return dir, err == nil
}

func TestFindScript(t *testing.T) {
	dir, links := scriptTree(t)
	tests := []struct {
		urlPath  string
		file     string // below dir; "" for files.ErrNotFound
		name     string
		pathInfo string
		link     bool
	}{
		{urlPath: "/env.cmd", file: "env.cmd", name: "/env.cmd"},
		{urlPath: "/env.cmd/", file: "env.cmd", name: "/env.cmd", pathInfo: "/"},
		{urlPath: "/env.cmd/extra/a/b", file: "env.cmd", name: "/env.cmd", pathInfo: "/extra/a/b"},
		{urlPath: "/env.cmd/extra/", file: "env.cmd", name: "/env.cmd", pathInfo: "/extra/"},
		{urlPath: "/env.cmd/.dot/sub/deep.cmd", file: "env.cmd", name: "/env.cmd", pathInfo: "/.dot/sub/deep.cmd"},
		{urlPath: "//env.cmd//x", file: "env.cmd", name: "/env.cmd", pathInfo: "/x"},
		{urlPath: "/./env.cmd/./x/.", file: "env.cmd", name: "/env.cmd", pathInfo: "/x"},
		{urlPath: "/with space.cmd", file: "with space.cmd", name: "/with space.cmd"},
		{urlPath: "/sub/deep.cmd", file: "sub/deep.cmd", name: "/sub/deep.cmd"},
		{urlPath: "/sub/deep.cmd/x", file: "sub/deep.cmd", name: "/sub/deep.cmd", pathInfo: "/x"},
		{urlPath: "/folder.cmd/run.cmd/x", file: "folder.cmd/run.cmd", name: "/folder.cmd/run.cmd", pathInfo: "/x"},
		{urlPath: "env.cmd", file: "env.cmd", name: "/env.cmd"},

		{urlPath: ""},
		{urlPath: "/"},
		{urlPath: "/nope"},
		{urlPath: "/sub"},
		{urlPath: "/sub/"},
		{urlPath: "/folder.cmd"},
		{urlPath: "/notes.txt"},
		{urlPath: "/notes.txt/env.cmd"},
		{urlPath: "/.hidden.cmd"},
		{urlPath: "/.git/hooks/x.cmd"},
		{urlPath: "/sub/.dot/in.cmd"},
		{urlPath: "/../outside/evil.cmd"},
		{urlPath: "/sub/../env.cmd"},
		{urlPath: "/env.cmd/.."},
		{urlPath: `/env.cmd\..\x`},
		{urlPath: `/..\outside\evil.cmd`},
		{urlPath: `\env.cmd`},
		{urlPath: "/env.cmd\x00"},
		{urlPath: "/env.cmd/\x00"},
		{urlPath: "/" + strings.Repeat("a", 5000)},
		{urlPath: "/" + strings.Repeat("sub/", 5000)},

		{urlPath: "/absolute.cmd/x", file: "absolute.cmd", name: "/absolute.cmd", pathInfo: "/x", link: true},
		{urlPath: "/sub/relative.cmd", file: "sub/relative.cmd", name: "/sub/relative.cmd", link: true},
		{urlPath: "/hooks/x.cmd", file: "hooks/x.cmd", name: "/hooks/x.cmd", link: true},
		{urlPath: "/self/self/env.cmd", file: "self/self/env.cmd", name: "/self/self/env.cmd", link: true},
		{urlPath: "/escape.cmd", link: true},
		{urlPath: "/out/evil.cmd", link: true},
		{urlPath: "/near/near.cmd", link: true},
		{urlPath: "/broken.cmd", link: true},
		{urlPath: "/loop", link: true},
		{urlPath: "/" + strings.Repeat("self/", 5000) + "env.cmd", link: true},
	}
	for _, tt := range tests {
		if tt.link && !links {
			continue
		}
		got, err := FindScript(dir, tt.urlPath)
		if tt.file == "" {
			if !errors.Is(err, files.ErrNotFound) || got != (Script{}) {
				t.Errorf("FindScript(%.80q) = %+v, %v, want files.ErrNotFound", tt.urlPath, got, err)
			}
			continue
		}
		want := Script{Path: filepath.Join(dir, filepath.FromSlash(tt.file)), Name: tt.name, PathInfo: tt.pathInfo}
		if err != nil || got != want {
			t.Errorf("FindScript(%.80q) = %+v, %v, want %+v", tt.urlPath, got, err, want)
		}
	}
}

// TestFindScriptLinkedDir has the folder itself behind a link, as after a
// deployment that moves a link to the new version.
func TestFindScriptLinkedDir(t *testing.T) {
	dir, links := scriptTree(t)
	link := dir + "-current"
	if !links || os.Symlink(dir, link) != nil {
		t.Skip("no symbolic links here")
	}
	got, err := FindScript(link, "/absolute.cmd/x")
	want := Script{Path: filepath.Join(link, "absolute.cmd"), Name: "/absolute.cmd", PathInfo: "/x"}
	if err != nil || got != want {
		t.Errorf("FindScript = %+v, %v, want %+v", got, err, want)
	}
	if got, err := FindScript(link, "/escape.cmd"); !errors.Is(err, files.ErrNotFound) {
		t.Errorf("FindScript = %+v, %v, want files.ErrNotFound", got, err)
	}
}

func TestFindScriptMissingDir(t *testing.T) {
	_, err := FindScript(filepath.Join(t.TempDir(), "gone"), "/x")
	if err == nil || errors.Is(err, files.ErrNotFound) {
		t.Errorf("err = %v, want one about the folder", err)
	}
}

func TestCommandScript(t *testing.T) {
	for _, tt := range []struct{ urlPath, pathInfo string }{
		{"", "/"},
		{"/", "/"},
		{"/chat", "/chat"},
		{"/chat/", "/chat/"},
		{"//chat//room", "/chat/room"},
		{"/./chat/.", "/chat"},
		{"/.hidden", "/.hidden"},
		{"/a\nb", "/a\nb"},
		{"*", "/*"},
	} {
		got, err := CommandScript("/bin/x", tt.urlPath)
		if want := (Script{Path: "/bin/x", Name: "/", PathInfo: tt.pathInfo}); err != nil || got != want {
			t.Errorf("CommandScript(%q) = %+v, %v, want %+v", tt.urlPath, got, err, want)
		}
	}
	for _, urlPath := range []string{"/..", "/a/../b", "/../../etc/passwd", `/a\..\b`, "/a\x00"} {
		if got, err := CommandScript("/bin/x", urlPath); !errors.Is(err, files.ErrNotFound) {
			t.Errorf("CommandScript(%q) = %+v, %v, want files.ErrNotFound", urlPath, got, err)
		}
	}
}

// FuzzFindScript checks that a script is always an executable regular file below
// the folder, with no dot file on the way that the URL names.
func FuzzFindScript(f *testing.F) {
	for _, seed := range []string{"/env.cmd", "/env.cmd/x", "/sub/deep.cmd/", "/../outside/evil.cmd", "/out/evil.cmd", "/escape.cmd",
		"/.git/hooks/x.cmd", "/hooks/x.cmd", "//env.cmd", "/self/env.cmd", `/..\x`, "/env.cmd\x00", "/sub/./../near/near.cmd"} {
		f.Add(seed)
	}
	dir, _ := scriptTree(f)
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, urlPath string) {
		s, err := FindScript(dir, urlPath)
		if err != nil {
			if !errors.Is(err, files.ErrNotFound) {
				t.Fatalf("FindScript(%q): %v", urlPath, err)
			}
			return
		}
		target, err := filepath.EvalSymlinks(s.Path)
		if err != nil || !isInside(real, target) || !isInside(dir, s.Path) {
			t.Errorf("FindScript(%q) leaves the folder: %q is %q (%v)", urlPath, s.Path, target, err)
		}
		if info, err := os.Stat(s.Path); err != nil || !files.IsExecutable(info) {
			t.Errorf("FindScript(%q) = %q, which can't be executed (%v)", urlPath, s.Path, err)
		}
		if strings.Contains(s.Name, "/.") || strings.Contains(s.Name+s.PathInfo, "/../") || strings.HasSuffix(s.PathInfo, "/..") {
			t.Errorf("FindScript(%q) = %+v", urlPath, s)
		}
		if !strings.HasPrefix(s.Name, "/") || (s.PathInfo != "" && !strings.HasPrefix(s.PathInfo, "/")) {
			t.Errorf("FindScript(%q) = %+v", urlPath, s)
		}
		if again, err := FindScript(dir, s.Name+s.PathInfo); err != nil || again != s {
			t.Errorf("FindScript(%q) = %+v, but for its own name %+v, %v", urlPath, s, again, err)
		}
	})
}

func TestScripts(t *testing.T) {
	dir, links := scriptTree(t)
	want := []string{"/env.cmd", "/folder.cmd/run.cmd", "/sub/deep.cmd", "/with space.cmd"}
	if links {
		want = append(want, "/absolute.cmd", "/sub/relative.cmd")
		slices.Sort(want)
	}
	if got := Scripts(dir); !slices.Equal(got, want) {
		t.Errorf("Scripts = %q, want %q", got, want)
	}
	if got := Scripts(filepath.Join(dir, "none")); got != nil {
		t.Errorf("Scripts of a folder that does not exist = %q", got)
	}
}

// TestScriptsBounds has more below a folder than Scripts looks at.
func TestScriptsBounds(t *testing.T) {
	program := &fstest.MapFile{Mode: 0o755}
	deep, many, wide := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{"notes/last.cmd": program}
	for _, name := range []string{"1.cmd", "a/2.cmd", "a/b/3.cmd", "a/b/c/4.cmd", "a/b/c/d/5.cmd"} {
		deep[name] = program
	}
	for i := range listScripts + 1 {
		many[fmt.Sprintf("%d.cmd", i)] = program
	}
	for i := range listEntries {
		wide[fmt.Sprintf("%d.txt", i)] = &fstest.MapFile{Mode: 0o644}
	}
	for name, tt := range map[string]struct {
		tree fstest.MapFS
		want int
	}{
		"too deep": {deep, listDepth}, "too many": {many, listScripts}, "too wide": {wide, 0},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, tt.tree); err != nil {
			t.Fatal(err)
		}
		if got := Scripts(dir); len(got) != tt.want {
			t.Errorf("%s: %d scripts, want %d: %.200q", name, len(got), tt.want, got)
		}
	}
}
