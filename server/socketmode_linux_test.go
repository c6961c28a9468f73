package server

import (
	"path/filepath"
	"testing"
)

// A socket with an abstract name has no file: anybody may connect.
func TestUnixSocketModeAbstract(t *testing.T) {
	t.Parallel()
	name := "@" + filepath.Base(t.TempDir()) + t.Name()
	_, err := listen(&Config{UnixSocket: name, UnixSocketMode: 0o600})
	wantHint(t, err, "no mode", "{UnixSocketMode}")
}
