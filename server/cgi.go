package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"wsd/exec"
	"wsd/server/lazyio"
)

// serveCGI answers r by a CGI program (RFC 3875). It returns false, and has
// written nothing, when there is none at the request's path. The program runs
// as backends do: in a process group of its own, with nothing of the server's
// environment but Config.Env, counted by MaxForks, and ended by the ladder when
// the client leaves. That is not seen while a program takes none of a body that
// is larger than a pipe, since nobody reads the connection on then.
func (s *Server) serveCGI(w *response, r *httpRequest) bool {
	if s.cfg.CGIDir == "" {
		return false
	}
	script, err := findScript(s.cfg.CGIDir, r.URL.Path)
	if errors.Is(err, errNotFound) {
		return false
	}
	script.name = s.underBase(script.name)
	switch {
	case err != nil:
		s.refuseScript(w, r, err)
	case r.ContentLength < 0: // RFC 3875 4.1.2: the length must be known
		refuse(w, http.StatusLengthRequired, "a CGI program needs to know the body's length")
	case !s.admit(w, r):
	default:
		defer s.dismiss(r)
		s.runCGI(w, r, script)
	}
	return true
}

func (s *Server) runCGI(w *response, r *httpRequest, script script) {
	if r.ContentLength > 0 {
		// A program may answer before it has read all of the body. To keep the
		// connection net/http would then read the rest away, before the program.
		w.Header().Set("Connection", "close")
	}
	id := s.ids.next()
	log := s.log.With("request", id, "path", r.asked.Path)
	proc, err := s.life.start(&exec.Command{
		Path: script.path,
		Dir:  filepath.Dir(script.path), // RFC 3875 7.2
		Env: environ(r, script, requestFacts{
			software:     s.cfg.Software,
			uniqueID:     id,
			remoteHost:   s.lookupRemote(r),
			documentRoot: s.cfg.StaticDir,
			env:          s.cfg.Env,
			cgi:          true,
		}),
	})
	if err != nil {
		log.Error("cannot start the CGI program", "err", err)
		refuse(w, http.StatusInternalServerError, "the program could not be started")
		return
	}
	defer s.life.release(proc)
	c := cgi{
		log: log.With("pid", proc.PID()), proc: proc, closeDelay: s.cfg.CloseDelay,
		client: http.NewResponseController(w), patience: s.stallTimeout,
		done: make(chan struct{}), fed: make(chan struct{}), stderrRead: make(chan struct{}),
	}
	c.serve(w, r.Request)
}

// cgi is one run of a CGI program.
type cgi struct {
	log        *slog.Logger
	proc       *exec.Process
	closeDelay time.Duration
	client     *http.ResponseController
	patience   time.Duration // how long the client may stall
	over       atomic.Bool   // nobody wants the rest of the body

	done, fed, stderrRead chan struct{}
}

// serve sees the program through. It returns when the program has been reaped
// and nothing reads or writes its streams any more.
func (c *cgi) serve(w *response, r *http.Request) {
	go c.feed(r.Body)  // ends by end; waited for there
	go c.drainStderr() // ends with stderr or by end; waited for there
	stop := context.AfterFunc(r.Context(), func() { c.proc.Stop(c.closeDelay, c.done) })
	if !c.relay(w) {
		go c.proc.Stop(c.closeDelay, c.done) // ends with c.done, which is closed below
		io.Copy(io.Discard, c.proc.Stdout)
	}
	status := c.proc.Wait()
	close(c.done)
	stop()
	if !status.OK() {
		c.log.Info("CGI program failed", "exit", status.String())
	}
	c.end()
}

// end releases what feed and drainStderr may be blocked in.
func (c *cgi) end() {
	c.proc.Stdin.Close(0)
	select {
	case <-c.fed:
	default: // a client that is slow to send what nobody wants any more
		c.over.Store(true)
		c.client.SetReadDeadline(time.Now())
		<-c.fed
	}
	c.proc.Stderr.SetReadDeadline(time.Now())
	<-c.stderrRead
}

// drainStderr logs what the program writes to stderr.
func (c *cgi) drainStderr() {
	defer close(c.stderrRead)
	lazyio.DrainLines(c.proc.Stderr, func(line []byte) { c.log.Info("stderr", "line", string(line)) })
}

// feed copies the request's body to stdin. It ends with the body, or when the
// program takes no more, or by the read deadline that end sets. A client that
// stalls in the body ends the program: half a body must not pass for a whole one.
func (c *cgi) feed(body io.Reader) {
	defer close(c.fed)
	_, err := io.Copy(c.proc.Stdin, patientReader{body, c})
	c.client.SetReadDeadline(time.Time{}) // net/http reads on, to see the client leave
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.over.Load() {
		c.log.Info("the client stalls in the body for a CGI program", "after", c.patience)
		go c.proc.Stop(c.closeDelay, c.done) // ends with c.done
		return
	}
	c.proc.Stdin.Close(0)
}

// patientReader reads a body whose client may not stall for longer than patience.
type patientReader struct {
	io.Reader
	cgi *cgi
}

// Read implements io.Reader.
func (r patientReader) Read(b []byte) (int, error) {
	r.cgi.client.SetReadDeadline(time.Now().Add(r.cgi.patience))
	if r.cgi.over.Load() { // and end may have set its deadline before
		return 0, os.ErrDeadlineExceeded
	}
	return r.Reader.Read(b)
}

// relay passes the program's answer on: header, then body as it comes. It
// reports false when it gave up before the program's end.
func (c *cgi) relay(w *response) bool {
	limited := &io.LimitedReader{R: c.proc.Stdout, N: maxCGIHeader}
	out := bufio.NewReader(limited)
	status, header, err := readCGIHeader(out)
	if err != nil {
		c.log.Error("bad answer of a CGI program", "err", err)
		refuse(w, http.StatusBadGateway, "the program gave no valid answer")
		return false
	}
	limited.N = math.MaxInt64
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	if err := c.copyFlushing(w, out); err != nil {
		c.log.Debug("the client left a CGI program", "err", err)
		return false
	}
	return true
}

// stallTimeout is how long the client of a CGI program may neither send of the body
// nor take of the answer what is due: the program has one of the MaxForks places.
const stallTimeout = time.Minute

// maxCGIHeader bounds the header of a program's answer, in bytes.
const maxCGIHeader = 1 << 20

// copyFlushing copies with a flush after each piece: a program that prints
// progress is seen to make it. A client that stalls is one that has left.
func (c *cgi) copyFlushing(w *response, r io.Reader) error {
	b := lazyio.Take()
	defer lazyio.Return(b)
	defer c.client.SetWriteDeadline(time.Time{})
	for {
		n, err := r.Read(b.Body())
		if n > 0 {
			c.client.SetWriteDeadline(time.Now().Add(c.patience))
			if _, err := w.Write(b.Body()[:n]); err != nil {
				return fmt.Errorf("writing to the client: %w", err)
			}
			c.client.Flush()
		}
		if err != nil {
			return nil // the end, however the program came to it
		}
	}
}

// readCGIHeader reads the header of a CGI program's answer (RFC 3875 6.2, 6.3).
func readCGIHeader(r *bufio.Reader) (status int, header http.Header, err error) {
	mime, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return 0, nil, headerError(err)
	}
	header = http.Header(mime)
	status = http.StatusOK
	if header.Get("Location") != "" {
		status = http.StatusFound
	} else if header.Get("Content-Type") == "" && header.Get("Status") == "" {
		return 0, nil, errors.New("the program's header has no Content-Type, Location or Status")
	}
	if line := header.Get("Status"); line != "" {
		code, _, _ := strings.Cut(line, " ")
		if status, err = strconv.Atoi(code); err != nil || status < 200 || status > 599 {
			return 0, nil, errors.New("the program's header has a status that is not a number from 200 to 599")
		}
		header.Del("Status")
	}
	return status, header, nil
}

// headerError is err, for which a program's header could not be read, without the
// line that was wrong: what a program prints in error may be the request's query.
func headerError(err error) error {
	if malformed := textproto.ProtocolError(""); errors.As(err, &malformed) {
		what, _, _ := strings.Cut(string(malformed), ":")
		return fmt.Errorf("reading the program's header: %s", what)
	}
	return fmt.Errorf("reading the program's header: %w", err)
}
