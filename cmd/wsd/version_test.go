package main

import (
	"bytes"
	"os"
	"regexp"
	"runtime/debug"
	"testing"
	"time"
)

// TestLicense checks the copy, which is here because go:embed reaches no file
// outside of its package.
func TestLicense(t *testing.T) {
	want, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeLicense(&b); err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("license.txt is not ../../LICENSE (%v)", err)
	}
}

// TestRelease compares the version with the newest one that CHANGELOG.md has, which
// must have a date.
func TestRelease(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\d\S*) \((.*)\)$`).FindSubmatch(changelog)
	if newest == nil {
		t.Fatal("CHANGELOG.md has no heading like ## 1.0.0 (2026-11-21)")
	}
	if string(newest[1]) != release {
		t.Errorf("the newest version in CHANGELOG.md is %s, and release is %s", newest[1], release)
	}
	if _, err := time.Parse(time.DateOnly, string(newest[2])); err != nil {
		t.Errorf("CHANGELOG.md: %v", err)
	}
}

// TestVersionOf asks which version a build is, by what the go command knows of it.
func TestVersionOf(t *testing.T) {
	commit := map[string]string{"vcs.revision": "6be70c83a844a200d402556229e9ec08d6b7974c", "vcs.time": "2026-11-21T20:52:02Z", "vcs.modified": "false"}
	changed := map[string]string{"vcs.revision": commit["vcs.revision"], "vcs.time": commit["vcs.time"], "vcs.modified": "true"}
	for name, test := range map[string]struct {
		module   string
		settings map[string]string
		want     string
	}{
		"no git":          {"(devel)", nil, release},
		"the tag":         {"v" + release, commit, release},
		"the tag, edited": {"v" + release + "+dirty", changed, release + "+git20261121205202.6be70c8.dirty"},
		"no tag":          {"v0.0.0-20261121205202-6be70c83a844", commit, release + "+git20261121205202.6be70c8"},
		"after the tag":   {"v9.9.9-0.20261121205202-6be70c83a844", commit, release + "+git20261121205202.6be70c8"},
		"edited":          {"v0.0.0-20261121205202-6be70c83a844+dirty", changed, release + "+git20261121205202.6be70c8.dirty"},
		"another tag":     {"v0.1.0", commit, release + "+git20261121205202.6be70c8"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: test.module}}
		for key, value := range test.settings {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
		}
		if got := versionOf(info); got != test.want {
			t.Errorf("%s: it is %s, want %s", name, got, test.want)
		}
	}
}
