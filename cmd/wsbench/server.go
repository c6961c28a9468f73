package main

import (
	"fmt"
	"os/exec"
	"strings"

	"wsd/cmd/internal/command"
)

// server is one column of the comparison.
type server struct {
	name    string
	command []string // the program, and arguments before websocketd's flags
}

// parseServer reads NAME=PATH. A path without a slash is looked up in PATH.
func parseServer(arg string) (server, error) {
	name, path, ok := strings.Cut(arg, "=")
	if !ok || name == "" || path == "" {
		return server{}, command.Usage(fmt.Errorf("%q is not NAME=PATH", arg), "for example websocketd=/usr/bin/websocketd")
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return server{}, command.Usage(err, "PATH is the daemon's program")
	}
	return server{name: name, command: []string{found}}, nil
}
