package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"

	"wsd/exec/exectest"
)

// playHold connects to args[0], says so, and stays while the connection does.
func playHold(args []string) int {
	nc, err := net.Dial("tcp", args[0])
	if err != nil {
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, nc)
	return 0
}

// playGroup starts playHold, then listens and never answers.
func playGroup(args []string) int {
	hold := exectest.Backend("hold", args[0])
	cmd := exec.Command(hold[0], hold[1:]...)
	said, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return 1
	}
	if _, err := said.Read(make([]byte, 1)); err != nil {
		return 1
	}
	return playMute(args[1:])
}
