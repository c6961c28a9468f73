//go:build unix

package docs_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"wsd/server/servertest"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	span    = regexp.MustCompile("`[^`\n]*`")
)

// TestLinks follows every relative link in the repository's pages, with its anchor.
func TestLinks(t *testing.T) {
	followLinks(t, "..")
}

// TestShippedLinks does so where .ci/doc has put what packages have.
func TestShippedLinks(t *testing.T) {
	folder := servertest.Dir(t)
	if out, err := exec.Command("sh", "../.ci/doc", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range []string{"LICENSE", "docs/console-dark.png", "examples/systemd/wsd.service"} {
		if servertest.Read(t, filepath.Join(folder, file)) != servertest.Read(t, "../"+file) {
			t.Errorf("%s is not what it was", file)
		}
	}
	if info, err := os.Stat(filepath.Join(folder, "examples/greeter/greeter.sh")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("greeter.sh can't be run: %v, %v", info, err)
	}
	if out, err := exec.Command("find", folder, "-name", "*_test.go").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("tests are shipped: %s, %v", out, err)
	}
	followLinks(t, folder)
}

func followLinks(t *testing.T, folder string) {
	t.Helper()
	for _, page := range markdown(t, folder) {
		text := span.ReplaceAllString(fenced.ReplaceAllString(servertest.Read(t, page), ""), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := match[1] + match[2]
			file, anchor, _ := strings.Cut(target, "#")
			switch {
			case strings.Contains(target, "://"):
				continue
			case file == "":
				file = page
			default:
				file = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s: %v", page, target, err)
			} else if anchor != "" && !anchors(t, file)[anchor] {
				t.Errorf("%s links to %s, which has no such heading", page, target)
			}
		}
	}
}

// markdown are the pages in a folder; what git ignores is none of them.
func markdown(t *testing.T, folder string) (pages []string) {
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == "bin" || name == "dist" || name == ".git"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			pages = append(pages, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// anchors are the names that GitHub gives to the headings of a page.
func anchors(t *testing.T, page string) map[string]bool {
	names := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(servertest.Read(t, page), ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, match[1])
		if names[name] {
			t.Errorf("%s has two headings %q", page, match[1])
		}
		names[name] = true
	}
	return names
}

// TestEachPageIsListed finds the page that the list of pages has forgotten.
func TestEachPageIsListed(t *testing.T) {
	list, front := servertest.Read(t, "README.md"), servertest.Read(t, "../README.md")
	for _, page := range pages(t) {
		if name := filepath.Base(page); filepath.Dir(page) == "." && name != "README.md" {
			if !strings.Contains(list, "]("+name+")") || !strings.Contains(front, "](docs/"+name+")") {
				t.Errorf("README.md and docs/README.md do not both link to %s", name)
			}
		}
	}
}
