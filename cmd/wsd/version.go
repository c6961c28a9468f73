package main

import (
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"
)

// release is the version that CHANGELOG.md begins with. It is set here only: the
// commit that sets it gets the tag "v" + release.
const release = "1.0.0"

// version is set by the linker: -ldflags "-X main.version=1.0". The Makefile sets
// it to what .ci/version prints.
var version string

// license is the text of the LICENSE file, which go:embed can't reach.
//
//go:embed license.txt
var license string

// currentVersion is version, or else what versionOf says of the binary.
func currentVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	return versionOf(info)
}

// versionOf is release for the commit with its tag, and for a source tree without
// Git. Any other commit is later than that, which is what "+" means to dpkg and
// rpm: it has its time in UTC and its hash, as in 1.0.0+git20261121205202.6be70c8,
// and ".dirty" where the tree is not as it was committed.
func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	committed, err := time.Parse(time.RFC3339, settings["vcs.time"])
	if info.Main.Version == "v"+release || err != nil || len(revision) < 7 {
		return release
	}
	v := fmt.Sprintf("%s+git%s.%s", release, committed.UTC().Format("20060102150405"), revision[:7])
	if settings["vcs.modified"] == "true" {
		v += ".dirty"
	}
	return v
}

func writeVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "wsd %s (%s, %s/%s)\n", currentVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func writeLicense(w io.Writer) error {
	_, err := io.WriteString(w, license)
	return err
}
