// Command yardstick is what daemons are measured against: it does websocketd's job in
// as few system calls as possible and checks nothing. What one read returns goes out
// in one write, in both directions. It is not meant for any other use.
package main

import (
	"bufio"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
)

const bufferSize = 128 << 10 // bytes

// yardstick is the server.
type yardstick struct {
	backend []string
	buffers sync.Pool // of *buffers, so that a short connection makes no garbage
}

// buffers are what one connection needs.
type buffers struct{ received, lines, frames []byte }

func main() {
	fmt.Fprintf(os.Stderr, "yardstick: error: %v\n", run()) // it serves until it fails
	os.Exit(1)
}

func run() error {
	port := flag.Int("port", 8080, "TCP port")
	address := flag.String("address", "127.0.0.1", "address to bind")
	ssl := flag.Bool("ssl", false, "speak TLS")
	cert := flag.String("sslcert", "", "certificate, a PEM file")
	key := flag.String("sslkey", "", "its key, a PEM file")
	flag.String("loglevel", "", "ignored: nothing is logged")
	flag.Int("maxforks", 0, "ignored: there is no limit")
	flag.Parse()
	if flag.NArg() == 0 {
		return fmt.Errorf("there is no backend")
	}
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", *address, *port))
	if err != nil {
		return err
	}
	if *ssl {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			return err
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, DynamicRecordSizingDisabled: true})
	}
	y := &yardstick{backend: flag.Args()}
	y.buffers.New = func() any {
		return &buffers{make([]byte, bufferSize), make([]byte, bufferSize), make([]byte, 0, 2*bufferSize)}
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go y.serve(conn) // ends with the connection; nobody waits
	}
}

// serve is one connection's life.
func (y *yardstick) serve(conn net.Conn) {
	defer conn.Close()
	// Small, since it stays: few clients send anything before the answer.
	r := bufio.NewReaderSize(conn, 4096)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	early, _ := r.Peek(r.Buffered())

	cmd := exec.Command(y.backend[0], y.backend[1:]...)
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if cmd.Start() != nil {
		return
	}
	b := y.buffers.Get().(*buffers)
	defer y.buffers.Put(b)
	sent := make(chan struct{})
	go func() { // ends with stdout or the connection; waited for below
		send(conn, stdout, b.lines, b.frames)
		close(sent)
	}()
	receive(stdin, conn, b.received, early)
	conn.Close()
	stdin.Close()
	cmd.Process.Kill()
	<-sent
	cmd.Wait()
}
