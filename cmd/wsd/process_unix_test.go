//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wsd/exec/exectest"
)

func testSignals(t *testing.T, wsd string) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			server := serving(t, command(t, wsd, "--address=127.0.0.1:0", "--devconsole"))
			server.signal(t, syscall.SIGHUP, s) // SIGHUP does not end it
			server.wait(t, 0)
		})
	}
	t.Run("Ignored", func(t *testing.T) { testIgnoredSignals(t, wsd) })
	t.Run("NoReader", func(t *testing.T) { testNoLogReader(t, wsd) })
	t.Run("Second", func(t *testing.T) { testSecondSignal(t, wsd) })
}

// testIgnoredSignals starts wsd as a shell's background command or nohup does.
func testIgnoredSignals(t *testing.T, wsd string) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		shell := command(t, "/bin/sh", "-c", `trap "" INT HUP QUIT PIPE; exec "$0" --address=127.0.0.1:0 --devconsole`, wsd)
		server := serving(t, shell)
		server.signal(t, s)
		server.wait(t, 0)
	}
}

// testNoLogReader takes the reader of the log away: that ends no server.
func testNoLogReader(t *testing.T, wsd string) {
	server := serving(t, command(t, wsd, "--address=127.0.0.1:0", "--devconsole"))
	server.stderr.Close()
	for range 2 { // each is logged
		response, err := http.Get("http://" + server.address + "/")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	server.signal(t, syscall.SIGTERM)
	server.wait(t, 0)
}

// testSecondSignal has a session that a single signal could not end for long.
func testSecondSignal(t *testing.T, wsd string) {
	args := append([]string{"--address=127.0.0.1:0", "--closems=30000"}, exectest.Backend("deaf")...)
	server := serving(t, command(t, wsd, args...))
	client := upgrade(t, server.address)
	defer client.Close()
	const message = "\x81\x05ready"
	frame := make([]byte, len(message))
	if _, err := io.ReadFull(client, frame); err != nil || string(frame) != message {
		t.Fatalf("the backend's first message is %q, %v", frame, err)
	}
	// Two signals of one kind could arrive as one.
	server.signal(t, syscall.SIGTERM, syscall.SIGINT)
	log := server.wait(t, 1)
	if last := log[strings.LastIndexByte(strings.TrimSuffix(log, "\n"), '\n')+1:]; last != "wsd: error: "+errKilled.Error()+"\n" {
		t.Errorf("the last line is %q", last)
	}
}

// process is a wsd that listens.
type process struct {
	cmd     *exec.Cmd
	stderr  io.ReadCloser
	address string
	log     chan string   // what it wrote to stderr, when that has ended
	news    chan struct{} // there is more in text; closed when stderr has ended
	mu      sync.Mutex
	text    strings.Builder // what it has written so far
}

// serving starts cmd and returns when it has said where it listens.
func serving(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stderr: stderr, log: make(chan string, 1), news: make(chan struct{}, 1)}
	address := make(chan string, 1)
	// Ends with wsd's stderr; wait waits for it.
	go p.read(address)
	p.address = <-address
	if p.address == "" {
		t.Fatalf("wsd listens nowhere: %v\n%s", cmd.Wait(), <-p.log)
	}
	return p
}

// read collects the log and sends the first listener's address, or "" when the
// log ends without one.
func (p *process) read(address chan<- string) {
	defer close(address)
	url := regexp.MustCompile(`://(127\.0\.0\.1:\d+)`)
	found := false
	for lines := bufio.NewScanner(p.stderr); lines.Scan(); {
		p.mu.Lock()
		p.text.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		select {
		case p.news <- struct{}{}:
		default:
		}
		if m := url.FindStringSubmatch(lines.Text()); m != nil && !found {
			found = true
			address <- m[1]
		}
	}
	close(p.news)
	p.log <- p.text.String()
}

// until returns when the log says text; serving's command ends by itself some day.
func (p *process) until(t *testing.T, text string) {
	t.Helper()
	for more := true; ; _, more = <-p.news {
		p.mu.Lock()
		log := p.text.String()
		p.mu.Unlock()
		if strings.Contains(log, text) {
			return
		}
		if !more {
			t.Fatalf("the log never says %q:\n%s", text, log)
		}
	}
}

func (p *process) signal(t *testing.T, signals ...syscall.Signal) {
	t.Helper()
	for _, s := range signals {
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Fatalf("sending %v: %v", s, err)
		}
	}
}

// wait waits for wsd to end with this status and returns its log.
func (p *process) wait(t *testing.T, status int) string {
	t.Helper()
	log := <-p.log
	p.cmd.Wait()
	if got := p.cmd.ProcessState; got.ExitCode() != status || status == 0 && strings.Contains(log, "wsd: error") {
		t.Errorf("%v, want exit status %d\n%s", got, status, log)
	}
	if strings.Contains(log, "goroutine ") {
		t.Errorf("a stack trace:\n%s", log)
	}
	return log
}

// upgrade opens a WebSocket and returns its connection, past the handshake.
func upgrade(t *testing.T, address string) net.Conn {
	t.Helper()
	return upgradeAt(t, address, "/")
}

func upgradeAt(t *testing.T, address, path string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	// The key is the one of RFC 6455 section 1.3.
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, address)
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one...) {
		if _, err := conn.Read(one); err != nil {
			t.Fatalf("reading the handshake's answer: %v after %q", err, head)
		}
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101 ") {
		t.Fatalf("no upgrade: %q", head)
	}
	return conn
}
