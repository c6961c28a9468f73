package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"wsd/cmd/internal/client"
	"wsd/server/websocket"
)

// spoiler has the defects of a relay, each of which shows once.
type spoiler struct {
	mu      sync.Mutex
	defects []string // such as "drop in", that have not shown
}

// now reports whether the relay has a defect that must show now.
func (s *spoiler) now(defect string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.defects, defect)
	if i < 0 {
		return false
	}
	s.defects = slices.Delete(s.defects, i, i+1)
	return true
}

// relaying is one session of a relay.
type relaying struct {
	*spoiler
	r     *bufio.Reader
	nc    net.Conn
	wmu   sync.Mutex // held while a frame is written
	stdin io.WriteCloser
	cmd   *exec.Cmd
	ended atomic.Bool // the backend has
	gone  atomic.Bool // the client is, without a close frame
}

// playRelay does a daemon's work with the defects args[0], separated by commas.
func playRelay(args []string) int {
	s := &spoiler{defects: strings.Split(args[0], ",")}
	port := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--port=") })
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strings.TrimPrefix(args[port], "--port=")))
	backend := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "/") })
	if err != nil || backend < 0 {
		return 1
	}
	for {
		nc, err := l.Accept()
		if err != nil {
			return 1
		}
		go s.relay(nc, args[backend:]) // ends with the session; the process outlives it
	}
}

// relay is one session's life.
func (s *spoiler) relay(nc net.Conn, backend []string) {
	defer nc.Close()
	n := &relaying{spoiler: s, r: bufio.NewReader(nc), nc: nc}
	request, err := client.Answer(n.r, nc)
	if err != nil {
		return
	}
	n.cmd = exec.Command(backend[0], backend[1:]...)
	n.cmd.Env = []string{"QUERY_STRING=" + request.URL.RawQuery}
	n.stdin, _ = n.cmd.StdinPipe()
	stdout, _ := n.cmd.StdoutPipe()
	if n.cmd.Start() != nil {
		return
	}
	left := make(chan struct{})
	// Ends with the client, or with nc, closed below; waited for.
	go func() {
		defer close(left)
		n.receive()
	}()
	n.send(stdout)
	_ = n.cmd.Wait() // its state says how it ended
	n.ended.Store(true)
	n.goodbye()
	if !n.gone.Load() {
		<-left // the client has closed, or answers
	}
}

// receive passes messages to stdin until the client has closed or is gone.
func (n *relaying) receive() {
	defer func() {
		if !n.ended.Load() && n.now("child") {
			n.writeClose(websocket.CodeOK, "")
			select {} // and stdin stays open
		}
		n.stdin.Close()
	}()
	out := n.tamper("in", func(text []byte) { _, _ = n.stdin.Write(append(text, '\n')) })
	var message []byte
	for {
		h, payload, err := n.frame()
		switch {
		case err != nil:
			n.gone.Store(true)
			return
		case h.Op == websocket.OpClose:
			return
		case h.IsControl():
		case h.Fin:
			out(append(message, payload...))
			message = nil
		default:
			message = append(message, payload...)
		}
	}
}

// frame reads one frame of the client's.
func (n *relaying) frame() (h websocket.Header, payload []byte, err error) {
	for want, whole := 1, false; !whole; want++ {
		b, err := n.r.Peek(want)
		if err != nil {
			return h, nil, err
		}
		if h, whole, err = websocket.ParseHeader(b, true); err != nil {
			return h, nil, err
		}
	}
	payload = make([]byte, h.Size+int(h.Length))
	_, err = io.ReadFull(n.r, payload)
	payload = payload[h.Size:]
	websocket.Unmask(payload, h.Mask, 0)
	return h, payload, err
}

// send passes the lines of stdout to the client.
func (n *relaying) send(stdout io.Reader) {
	out := n.tamper("out", func(text []byte) { n.write(websocket.OpText, text) })
	r := bufio.NewReader(stdout)
	for {
		line, err := r.ReadBytes('\n')
		if text := bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 {
			out(text)
		}
		if err != nil {
			return
		}
	}
}

func (n *relaying) write(op byte, payload []byte) {
	n.wmu.Lock()
	defer n.wmu.Unlock()
	frame := websocket.AppendHeader(nil, websocket.FinBit|op, len(payload))
	_, _ = n.nc.Write(append(frame, payload...)) // the client may have gone
}

func (n *relaying) writeClose(code websocket.Code, reason string) {
	n.write(websocket.OpClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// tamper is pass with a defect of this direction, if there is one left, in the
// session's third message that is neither the last nor a request for it.
func (n *relaying) tamper(direction string, pass func([]byte)) func([]byte) {
	var held []byte
	count := 0
	return func(text []byte) {
		if text[checksumDigits+1] == typeMessage {
			count++
		}
		switch {
		case count != 3:
			pass(text)
		case n.now("drop " + direction):
		case n.now("repeat " + direction):
			pass(text)
			pass(bytes.Clone(text))
		case n.now("corrupt " + direction):
			pass(bytes.Replace(text, []byte("abc"), []byte("abd"), 1))
		case n.now("swap " + direction):
			held = bytes.Clone(text)
			return
		default:
			pass(text)
		}
		if held != nil {
			pass(held)
			held = nil
		}
	}
}

// goodbye closes the WebSocket as the backend's end demands, and leaves behind what a
// defect says.
func (n *relaying) goodbye() {
	code, reason := websocket.CodeOK, ""
	if !n.cmd.ProcessState.Exited() && !n.now("code") {
		code, reason = websocket.CodeInternalError, killedReason
	}
	if !n.gone.Load() {
		n.writeClose(code, reason)
	}
	switch {
	case n.now("threads"):
		for range 2 * threadsKept {
			go func() { // never ends: that is the defect
				runtime.LockOSThread()
				select {}
			}()
		}
	case n.now("crash"):
		fmt.Fprintln(os.Stderr, "relay: no such luck")
		os.Exit(3)
	}
}
