package servertest

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wsd/exec/exectest"
)

// Backends are the programs that a test binary plays; see exectest.Main. Its
// program "play" runs its arguments one by one, each a step with an argument, and then
// ends with status 0.
var Backends = map[string]func(args []string) int{"play": playSteps}

// Play is the command of a backend that takes these steps.
func Play(steps ...string) []string {
	told := make([]string, len(steps))
	for i, step := range steps {
		if told[i] = step; bareHang.MatchString(step) {
			told[i] = bareHang.ReplaceAllString(step, "${1}hang:"+lifeline()+"${2}")
		}
	}
	return exectest.Backend("play", told...)
}

// bareHang matches a step "hang" without its lifeline, by itself or among the
// steps of a child.
var bareHang = regexp.MustCompile(`(^|[:;])hang(;|$)`)

// lifeline is an address at which connections last exactly as long as this
// process: nobody accepts them.
var lifeline = sync.OnceValue(func() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	lifelines = append(lifelines, l)
	return l.Addr().String()
})

var lifelines []net.Listener // or the garbage collector would close it

// Steps are what a backend of a test can do, by name. Tests may add some of their
// own in an init.
var Steps = map[string]func(arg string){
	"print": func(s string) { fmt.Println(s) },
	"write": func(s string) { os.Stdout.Write(unhex(s)) }, // hex
	"lines": func(s string) { printLines(os.Stdout, s) },  // COUNT,SIZE
	"times": func(s string) { writeTimes(os.Stdout, s) },  // COUNT,HEX
	"long":  func(s string) { printLong(os.Stdout, s) },   // SIZE, no newline

	"err":      func(s string) { fmt.Fprintln(os.Stderr, s) },
	"errwrite": func(s string) { os.Stderr.Write(unhex(s)) },
	"errlines": func(s string) { printLines(os.Stderr, s) },
	"errlong":  func(s string) { printLong(os.Stderr, s) },

	"close": closeStream,                                    // stdin, stdout or stderr
	"gate":  passGate,                                       // address of a gate
	"hold":  holdConnection,                                 // address of a gate, until the backend's end
	"echo":  func(string) { io.Copy(os.Stdout, os.Stdin) },  // until stdin's end
	"drain": func(string) { io.Copy(io.Discard, os.Stdin) }, // until stdin's end
	"read":  recordStdin,                                    // FILE, until stdin's end
	"touch": touch,                                          // FILE, which grows by a byte
	"input": readInput,                                      // how many bytes of stdin
	"env":   func(string) { printEnvironment() },            //
	"exit":  func(s string) { os.Exit(atoi(s)) },            // status
	"hang":  hang,                                           // a program that hangs until the test's own end
	"start": func(s string) { startChild(exec.Command, s) }, // STEP;STEP…, in the background
	"pid":   func(string) { fmt.Println(os.Getpid()) },      //
	"cwd":   func(string) { d, _ := os.Getwd(); fmt.Println(d) },
}

func playSteps(args []string) int {
	for _, arg := range args {
		name, argument, _ := strings.Cut(arg, ":")
		step := Steps[name]
		if step == nil {
			fmt.Fprintf(os.Stderr, "no step is called %q\n", name)
			return 127
		}
		step(argument)
	}
	return 0
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func printLines(w io.Writer, arg string) {
	count, size, _ := strings.Cut(arg, ",")
	out := bufio.NewWriterSize(w, 32<<10)
	for i := range atoi(count) {
		out.WriteString(TestLine(i, atoi(size)) + "\n")
	}
	out.Flush()
}

// TestLine is line i of the step "lines", size bytes long.
func TestLine(i, size int) string {
	number := strconv.Itoa(i) + " "
	if len(number) >= size {
		return strings.Repeat("y", size)
	}
	return number + strings.Repeat("x", size-len(number))
}

func writeTimes(w io.Writer, arg string) {
	count, s, _ := strings.Cut(arg, ",")
	w.Write(bytes.Repeat(unhex(s), atoi(count)))
}

func printLong(w io.Writer, size string) {
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for left := atoi(size); left > 0; {
		n, err := w.Write(chunk[:min(left, len(chunk))])
		if left -= n; err != nil {
			os.Exit(1)
		}
	}
}

func closeStream(name string) {
	map[string]*os.File{"stdin": os.Stdin, "stdout": os.Stdout, "stderr": os.Stderr}[name].Close()
}

// recordStdin copies stdin to a file, which gets its name once it is complete.
func recordStdin(file string) {
	f, err := os.Create(file + ".part")
	if err != nil {
		panic(err)
	}
	io.Copy(f, os.Stdin)
	f.Close()
	if err := os.Rename(f.Name(), file); err != nil {
		panic(err)
	}
}

func touch(file string) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		panic(err)
	}
	f.Write([]byte{'x'})
	f.Close()
}

// hang does nothing until the test process has gone; Play has added the lifeline.
func hang(lifeline string) {
	conn, err := net.Dial("tcp", lifeline)
	if err != nil {
		os.Exit(99)
	}
	conn.Read(make([]byte, 1))
}

func readInput(n string) { io.CopyN(io.Discard, os.Stdin, int64(atoi(n))) }

func printEnvironment() {
	for _, kv := range os.Environ() {
		fmt.Println(kv)
	}
}

// startChild starts a backend that has this one's streams, and does not wait for
// it.
func startChild(command func(string, ...string) *exec.Cmd, arg string) {
	words := Play(strings.Split(arg, ";")...)
	cmd := command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		panic(err)
	}
}

// passGate reaches a gate and waits to be let through. If the test has given up
// the gate, it ends the backend.
func passGate(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		os.Exit(99)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		os.Exit(99)
	}
}

// held are the connections of "hold". No child inherits them, so they close when
// this process ends.
var held []net.Conn

func holdConnection(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		os.Exit(99)
	}
	held = append(held, conn)
}

// Gate is where a backend waits for the test: see the step "gate".
type Gate struct {
	t    testing.TB
	l    net.Listener
	conn net.Conn
}

// NewGate opens a gate, which is closed with the test.
func NewGate(t testing.TB) *Gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gate{t: t, l: l}
	t.Cleanup(func() {
		l.Close()
		if g.conn != nil {
			g.conn.Close()
		}
	})
	return g
}

// Step is the step of a backend that reaches the gate and waits to be let
// through.
func (g *Gate) Step() string { return "gate:" + g.l.Addr().String() }

// Hold is the step of a backend that holds the gate until its own end.
func (g *Gate) Hold() string { return "hold:" + g.l.Addr().String() }

// Reached returns when the backend is at the gate.
func (g *Gate) Reached() {
	g.t.Helper()
	g.l.(*net.TCPListener).SetDeadline(time.Now().Add(Patience))
	conn, err := g.l.Accept()
	if err != nil {
		g.t.Fatalf("the backend has not come to the gate: %v", err)
	}
	g.conn = conn
}

// Abandoned returns when the backend that holds the gate has ended.
func (g *Gate) Abandoned() {
	g.t.Helper()
	g.conn.SetDeadline(time.Now().Add(Patience))
	if _, err := g.conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		g.t.Fatal("the backend that holds the gate has not ended")
	}
}

// Open lets the backend go on.
func (g *Gate) Open() {
	g.t.Helper()
	if _, err := g.conn.Write([]byte{1}); err != nil {
		g.t.Fatal(err)
	}
	g.conn.Close()
	g.conn = nil
}

// Gone returns when the process that stands at the gate has ended.
func (g *Gate) Gone() {
	g.t.Helper()
	g.conn.SetReadDeadline(time.Now().Add(Patience))
	if _, err := g.conn.Read(make([]byte, 1)); err != io.EOF {
		g.t.Errorf("a process of the group still runs: %v", err)
	}
}
