package examples_test

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// listening finds the address in the line that wsd logs for its listener.
var listening = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/`)

// startWSD starts wsd with the arguments on a free port, and returns its URL.
// When the test ends, wsd is stopped, and its log is shown if the test failed.
func startWSD(t *testing.T, wsd string, args ...string) string {
	t.Helper()
	cmd := exec.Command(wsd, append([]string{"--port=0", "--address=127.0.0.1"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // written by readLog until done is closed
	url, done := make(chan string, 1), make(chan struct{})
	// Ends when wsd does, and is awaited by stopWSD.
	go func() {
		defer close(done)
		readLog(io.TeeReader(stderr, &log), url)
	}()
	t.Cleanup(func() {
		stopWSD(t, cmd, done)
		if t.Failed() {
			t.Logf("the log of wsd:\n%s", &log)
		}
	})
	select {
	case found := <-url:
		return found
	case <-done:
		t.Fatal("wsd has ended before it said where it listens")
	case <-time.After(patience):
		t.Fatal("wsd does not say where it listens")
	}
	return ""
}

// readLog reads all of the log, and sends the first URL in it.
func readLog(log io.Reader, url chan<- string) {
	lines := bufio.NewReader(log)
	for sent := false; ; {
		line, err := lines.ReadString('\n')
		if found := listening.FindString(line); found != "" && !sent {
			url <- found
			sent = true
		}
		if err != nil {
			return
		}
	}
}

// stopWSD ends wsd, its sessions with it, and waits for readLog and for wsd.
func stopWSD(t *testing.T, cmd *exec.Cmd, done <-chan struct{}) {
	if err := interrupt(cmd.Process); err != nil {
		t.Errorf("stopping wsd: %v", err)
	}
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	<-done // before Wait, which closes the pipe
	if err := cmd.Wait(); !interrupted(cmd.ProcessState) {
		t.Errorf("wsd was asked to stop: %v", err)
	}
}
