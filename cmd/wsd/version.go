package main

import (
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// version is set by the linker: -ldflags "-X main.version=1.0".
var version string

// license is the text of the LICENSE file, which go:embed can't reach.
//
//go:embed license.txt
var license string

// currentVersion is version, or else what the go command recorded in the
// binary, or else "dev".
func currentVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			return strings.TrimPrefix(v, "v")
		}
	}
	return "dev"
}

func writeVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "wsd %s (%s, %s/%s)\n", currentVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func writeLicense(w io.Writer) error {
	_, err := io.WriteString(w, license)
	return err
}
