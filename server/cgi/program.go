package cgi

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"wsd/exec"
	"wsd/server/lazyio"
)

// Program is one run of a CGI program.
type Program struct {
	Process *exec.Process // started; Serve reaps it
	Log     *slog.Logger
	// CloseDelay is added to each wait of the ladder that stops the program.
	CloseDelay time.Duration
	// Patience is how long the client may stall in sending the body.
	Patience time.Duration
	// AwaitLeft returns nil when the client has left, and an error when it can't tell or
	// ctx is done. The request's context does not see that while there is more to be read
	// from the client, of the body or behind the request.
	AwaitLeft func(ctx context.Context) error

	client *http.ResponseController
	over   atomic.Bool // nobody wants the rest of the body

	done, fed, stderrRead chan struct{}
}

// Serve sees the program through: r's body goes to its stdin, and its answer to w,
// whose writes fail when the client stalls. The program is stopped when the client
// leaves or stalls. If it leaves behind a body that is larger than a pipe, the program
// has Patience to read that.
//
// Serve is called once. It returns when the program has been reaped and nothing
// reads or writes its streams any more. An error before anything was written to w
// says what is wrong with the program's answer; a later one is the client's.
func (p *Program) Serve(w http.ResponseWriter, r *http.Request) error {
	p.client = http.NewResponseController(w)
	p.done, p.fed, p.stderrRead = make(chan struct{}), make(chan struct{}), make(chan struct{})
	go p.feed(r.Body)  // ends with the body or by p.end, which waits for it
	go p.drainStderr() // ends with stderr or by p.end, which waits for it
	stop := context.AfterFunc(r.Context(), func() { p.Process.Stop(p.CloseDelay, p.done) })
	running, cancel := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() { // ends when running is done; waited for below
		defer close(watched)
		if p.AwaitLeft(running) != nil {
			return
		}
		select { // the body may be worth its while without the answer
		case <-p.fed:
		case <-time.After(p.Patience):
		case <-running.Done():
			return
		}
		p.Process.Stop(p.CloseDelay, p.done)
	}()
	err := p.relay(w)
	if err != nil {
		go p.Process.Stop(p.CloseDelay, p.done) // ends with p.done, which is closed below
		io.Copy(io.Discard, p.Process.Stdout)
	}
	status := p.Process.Wait()
	close(p.done)
	stop()
	if errors.Is(status.Err, exec.ErrStays) {
		p.Log.Warn("the CGI program is given up, and still runs", "err", status.Err)
	} else if !status.OK() {
		p.Log.Info("CGI program failed", "exit", status.String())
	}
	p.end()
	cancel()
	<-watched
	return err
}

// end unblocks feed and drainStderr, and waits for them.
func (p *Program) end() {
	p.Process.Stdin.Close(0)
	select {
	case <-p.fed:
	default: // a client that is slow to send what nobody wants any more
		p.over.Store(true)
		p.client.SetReadDeadline(time.Now())
		<-p.fed
	}
	p.Process.Stderr.SetReadDeadline(time.Now())
	<-p.stderrRead
}

// drainStderr logs what the program writes to stderr.
func (p *Program) drainStderr() {
	defer close(p.stderrRead)
	lazyio.DrainLines(p.Process.Stderr, func(line []byte) {
		p.Log.Log(context.Background(), lazyio.LevelStderr, "stderr", "line", string(line))
	})
}

// feed copies the request's body to stdin. It ends with the body, or when the
// program takes no more, or by the read deadline that end sets. If the client
// stalls in the body, the program is stopped: half a body must not pass for a
// whole one.
func (p *Program) feed(body io.Reader) {
	defer close(p.fed)
	_, err := io.Copy(p.Process.Stdin, patientReader{body, p})
	p.client.SetReadDeadline(time.Time{}) // net/http keeps reading, to notice when the client leaves
	if errors.Is(err, os.ErrDeadlineExceeded) && !p.over.Load() {
		p.Log.Info("the client stalls in the body for a CGI program", "after", p.Patience)
		go p.Process.Stop(p.CloseDelay, p.done) // ends with p.done
		return
	}
	p.Process.Stdin.Close(0)
}

// patientReader reads a body whose client may not stall for longer than Patience.
type patientReader struct {
	io.Reader
	program *Program
}

// Read implements io.Reader.
func (r patientReader) Read(b []byte) (int, error) {
	r.program.client.SetReadDeadline(time.Now().Add(r.program.Patience))
	if r.program.over.Load() { // the deadline that end set may just have been replaced
		return 0, os.ErrDeadlineExceeded
	}
	return r.Reader.Read(b)
}

// flushingWriter flushes after each piece: the client sees at once what a program
// prints about its progress.
type flushingWriter struct {
	io.Writer
	program *Program
}

// Write implements io.Writer.
func (w flushingWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		return n, fmt.Errorf("writing to the client: %w", err)
	}
	w.program.client.Flush()
	return n, nil
}

// maxHeader bounds the header of a program's answer, in bytes.
const maxHeader = 1 << 20

// relay passes the program's answer on: header, then body as it comes.
func (p *Program) relay(w http.ResponseWriter) error {
	limited := &io.LimitedReader{R: p.Process.Stdout, N: maxHeader}
	out := bufio.NewReaderSize(limited, lazyio.BufferSize)
	status, header, err := readHeader(out)
	if err != nil {
		return err
	}
	limited.N = math.MaxInt64
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, err = io.Copy(flushingWriter{w, p}, out)
	return err
}

// readHeader reads the header of a CGI program's answer (RFC 3875 6.2, 6.3).
func readHeader(r *bufio.Reader) (status int, header http.Header, err error) {
	in, statusLine := textproto.NewReader(r), ""
	if start, _ := r.Peek(len("HTTP/")); string(start) == "HTTP/" { // as servers answer; its status counts like Status
		line, err := in.ReadLine()
		if err != nil {
			return 0, nil, headerError(err)
		}
		_, statusLine, _ = strings.Cut(line, " ")
	}
	mime, err := in.ReadMIMEHeader()
	if err != nil {
		return 0, nil, headerError(err)
	}
	header = http.Header(mime)
	status = http.StatusOK
	if header.Get("Location") != "" {
		status = http.StatusFound
	} else if header.Get("Content-Type") == "" && header.Get("Status") == "" && statusLine == "" {
		return 0, nil, errors.New("the program's header has no Content-Type, Location or Status")
	}
	if line := cmp.Or(header.Get("Status"), statusLine); line != "" {
		code, _, _ := strings.Cut(line, " ")
		if status, err = strconv.Atoi(code); err != nil || status < 200 || status > 599 {
			return 0, nil, errors.New("the program's header has a status that is not a number from 200 to 599")
		}
		header.Del("Status")
	}
	return status, header, nil
}

// headerError is an error for a program's header that could not be read because
// of err. It leaves out the line that was wrong: what a program prints by mistake
// may be the request's query.
func headerError(err error) error {
	if malformed := textproto.ProtocolError(""); errors.As(err, &malformed) {
		what, _, _ := strings.Cut(string(malformed), ":")
		return fmt.Errorf("reading the program's header: %s", what)
	}
	return fmt.Errorf("reading the program's header: %w", err)
}
