package server

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"wsd/exec/exectest"
)

// backends are the programs that this test binary plays; see exectest.Backend.
// play runs its arguments one by one, each a step with an argument, and then
// ends with status 0.
var backends = map[string]func(args []string) int{"play": playSteps}

// play is the command of a backend that takes these steps.
func play(steps ...string) []string {
	told := make([]string, len(steps))
	for i, step := range steps {
		if told[i] = step; bareHang.MatchString(step) {
			told[i] = bareHang.ReplaceAllString(step, "${1}hang:"+lifeline()+"${2}")
		}
	}
	return exectest.Backend("play", told...)
}

// bareHang is a step "hang" that has not been told its lifeline, in a step or in
// those of a child.
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

// steps are what a backend of a test can do. platformSteps has more.
var steps = map[string]func(arg string){
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
	"tee":   teeStdin,                                       // DIR, until stdin's end
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
		step := steps[name]
		if step == nil {
			step = platformSteps[name]
		}
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
		out.WriteString(testLine(i, atoi(size)) + "\n")
	}
	out.Flush()
}

// testLine is the line number i of a print, size bytes long.
func testLine(i, size int) string {
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

// recordStdin copies stdin to a file, which has its name once it is complete.
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

// hang does nothing until the test process has gone; play has told its lifeline.
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

// startChild starts a backend that has this one's stdout and stderr, and does not
// wait for it.
func startChild(command func(string, ...string) *exec.Cmd, arg string) {
	words := play(strings.Split(arg, ";")...)
	cmd := command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		panic(err)
	}
}

// passGate tells a gate that it has come, and waits to be let through. At a
// gate that the test has given up it ends the backend.
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
