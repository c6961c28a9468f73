package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// makeTree writes files below dir, by their slash-separated names. Those with
// the extension .cmd are executable on every platform, the others on none.
func makeTree(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".cmd") {
			mode = 0o755
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// makeLink makes a symbolic link; false where this user may not.
func makeLink(t testing.TB, target, link string) bool {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Logf("no symbolic links here: %v", err)
		return false
	}
	return true
}

// scriptTree is a folder of scripts with a neighbour that must stay out of reach.
func scriptTree(t testing.TB) (dir string, links bool) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "scripts")
	makeTree(t, top, map[string]string{
		"scripts/env.cmd":            "",
		"scripts/with space.cmd":     "",
		"scripts/notes.txt":          "",
		"scripts/.hidden.cmd":        "",
		"scripts/.git/hooks/x.cmd":   "",
		"scripts/sub/deep.cmd":       "",
		"scripts/sub/.dot/in.cmd":    "",
		"scripts/folder.cmd/run.cmd": "",
		"outside/evil.cmd":           "",
		"scripts-2/near.cmd":         "",
	})
	links = makeLink(t, filepath.Join(dir, "env.cmd"), filepath.Join(dir, "absolute.cmd")) &&
		makeLink(t, filepath.Join("..", "env.cmd"), filepath.Join(dir, "sub", "relative.cmd")) &&
		makeLink(t, filepath.Join(".git", "hooks"), filepath.Join(dir, "hooks")) &&
		makeLink(t, filepath.Join(top, "outside", "evil.cmd"), filepath.Join(dir, "escape.cmd")) &&
		makeLink(t, filepath.Join("..", "outside"), filepath.Join(dir, "out")) &&
		makeLink(t, filepath.Join("..", "scripts-2"), filepath.Join(dir, "near")) &&
		makeLink(t, "nowhere", filepath.Join(dir, "broken.cmd")) &&
		makeLink(t, "loop", filepath.Join(dir, "loop")) &&
		makeLink(t, ".", filepath.Join(dir, "self"))
	return dir, links
}

func TestFindScript(t *testing.T) {
	dir, links := scriptTree(t)
	tests := []struct {
		urlPath  string
		file     string // below dir; "" for errNotFound
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
		got, err := findScript(dir, tt.urlPath)
		if tt.file == "" {
			if !errors.Is(err, errNotFound) || got != (script{}) {
				t.Errorf("findScript(%.80q) = %+v, %v, want errNotFound", tt.urlPath, got, err)
			}
			continue
		}
		want := script{path: filepath.Join(dir, filepath.FromSlash(tt.file)), name: tt.name, pathInfo: tt.pathInfo}
		if err != nil || got != want {
			t.Errorf("findScript(%.80q) = %+v, %v, want %+v", tt.urlPath, got, err, want)
		}
	}
}

// TestFindScriptLinkedDir has the folder itself behind a link, as after a
// deployment that moves a link to the new version.
func TestFindScriptLinkedDir(t *testing.T) {
	dir, links := scriptTree(t)
	link := dir + "-current"
	if !links || !makeLink(t, dir, link) {
		t.Skip("no symbolic links here")
	}
	got, err := findScript(link, "/absolute.cmd/x")
	want := script{path: filepath.Join(link, "absolute.cmd"), name: "/absolute.cmd", pathInfo: "/x"}
	if err != nil || got != want {
		t.Errorf("findScript = %+v, %v, want %+v", got, err, want)
	}
	if got, err := findScript(link, "/escape.cmd"); !errors.Is(err, errNotFound) {
		t.Errorf("findScript = %+v, %v, want errNotFound", got, err)
	}
}

func TestFindScriptMissingDir(t *testing.T) {
	_, err := findScript(filepath.Join(t.TempDir(), "gone"), "/x")
	if err == nil || errors.Is(err, errNotFound) {
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
		got, err := commandScript("/bin/x", tt.urlPath)
		if want := (script{path: "/bin/x", name: "/", pathInfo: tt.pathInfo}); err != nil || got != want {
			t.Errorf("commandScript(%q) = %+v, %v, want %+v", tt.urlPath, got, err, want)
		}
	}
	for _, urlPath := range []string{"/..", "/a/../b", "/../../etc/passwd", `/a\..\b`, "/a\x00"} {
		if got, err := commandScript("/bin/x", urlPath); !errors.Is(err, errNotFound) {
			t.Errorf("commandScript(%q) = %+v, %v, want errNotFound", urlPath, got, err)
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
		s, err := findScript(dir, urlPath)
		if err != nil {
			if !errors.Is(err, errNotFound) {
				t.Fatalf("findScript(%q): %v", urlPath, err)
			}
			return
		}
		target, err := filepath.EvalSymlinks(s.path)
		if err != nil || !isInside(real, target) || !isInside(dir, s.path) {
			t.Errorf("findScript(%q) leaves the folder: %q is %q (%v)", urlPath, s.path, target, err)
		}
		if info, err := os.Stat(s.path); err != nil || !isExecutable(info) {
			t.Errorf("findScript(%q) = %q, which can't be executed (%v)", urlPath, s.path, err)
		}
		if strings.Contains(s.name, "/.") || strings.Contains(s.name+s.pathInfo, "/../") || strings.HasSuffix(s.pathInfo, "/..") {
			t.Errorf("findScript(%q) = %+v", urlPath, s)
		}
		if !strings.HasPrefix(s.name, "/") || (s.pathInfo != "" && !strings.HasPrefix(s.pathInfo, "/")) {
			t.Errorf("findScript(%q) = %+v", urlPath, s)
		}
		if again, err := findScript(dir, s.name+s.pathInfo); err != nil || again != s {
			t.Errorf("findScript(%q) = %+v, but for its own name %+v, %v", urlPath, s, again, err)
		}
	})
}
