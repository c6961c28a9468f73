package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
)

// response is the answer to a request: it adds the configured headers when the
// status is known and records what is logged. When a WebSocket library hijacks
// it, it hands out a conn. It belongs to the request's goroutine.
type response struct {
	http.ResponseWriter
	cfg    *Config
	status int
	bytes  int64
	conn   *conn // set by Hijack
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
		setHeaders(w.Header(), w.cfg.Header)
		if status == http.StatusSwitchingProtocols {
			setHeaders(w.Header(), w.cfg.HeaderWS)
		} else {
			setHeaders(w.Header(), w.cfg.HeaderHTTP)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// setHeaders lets the operator's headers win over ours of the same name.
func setHeaders(h, configured http.Header) {
	for name, values := range configured {
		h[name] = append([]string(nil), values...)
	}
}

// Write implements io.Writer.
func (w *response) Write(b []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom, so that files still go out by sendfile(2).
func (w *response) ReadFrom(r io.Reader) (int64, error) {
	w.begin()
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

func (w *response) begin() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}

// Unwrap lets an http.ResponseController reach what is below.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker for the WebSocket library. It keeps the
// connection as a conn, and what it hands to the library leads nowhere: the
// library's part is over with the handshake. Bytes that the HTTP server has read
// already are the first messages of an eager client.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	if proxied, ok := nc.(*proxyConn); ok {
		// What it has read ahead comes behind what the HTTP server took from it.
		var unread []byte
		nc, unread = proxied.unwrap()
		early = slices.Concat(early, unread)
	}
	w.conn = newConn(nc, early)
	return kept{nc}, bufio.NewReadWriter(bufio.NewReaderSize(nil, 16), bufio.NewWriterSize(nil, 16)), nil
}

// kept is a connection that closing leaves open: the library closes its own when
// the garbage collector takes it.
type kept struct{ net.Conn }

// Close implements net.Conn.
func (kept) Close() error { return nil }
