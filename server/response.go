package server

import (
	"net"
	"net/http"
	"time"

	"wsd/server/websocket"
)

// response is the answer to a request: it adds the configured headers when the
// status is known, records what is logged, and doesn't wait for a client that stalls.
// It belongs to the request's goroutine.
type response struct {
	http.ResponseWriter
	cfg      *Config
	request  *http.Request
	last     bool // the connection ends with it, whatever the headers say
	patience patience
	status   int
	bytes    int64
}

// newResponse makes the answer to r. Nothing is read of the connection before it has
// been written but a body that somebody wants, and what shows that the client leaves:
// neither has to come by the deadline that net/http has set.
func (s *Server) newResponse(w http.ResponseWriter, r *http.Request) *response {
	answer := &response{ResponseWriter: w, cfg: &s.cfg, request: r, last: isLast(r)}
	client := http.NewResponseController(w)
	client.SetReadDeadline(time.Time{})
	answer.patience.timeout, answer.patience.client = s.stallTimeout, client
	if c, ok := r.Context().Value(socketKey{}).(net.Conn); ok {
		answer.patience.flow = func() websocket.Flow { return websocket.FlowOf(c) }
	}
	return answer
}

// end is called when nothing more is written and, but for a session's connection,
// nothing more is read.
func (w *response) end() {
	if w.status != http.StatusSwitchingProtocols {
		w.patience.end()
		linger(w.patience.client, w.request)
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
		setHeaders(w.Header(), w.cfg.Header)
		if status == http.StatusSwitchingProtocols {
			setHeaders(w.Header(), w.cfg.HeaderWS)
			spell(w.Header(), "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol")
		} else {
			setHeaders(w.Header(), w.cfg.HeaderHTTP)
			if w.last { // net/http looks at the first one
				w.Header()["Connection"] = append([]string{"close"}, w.Header()["Connection"]...)
			}
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

// spell gives headers the names that RFC 6455 gives them, where Go writes Websocket:
// some clients compare exactly.
func spell(h http.Header, names ...string) {
	for _, name := range names {
		if values := h.Values(name); len(values) > 0 {
			h.Del(name)
			h[name] = values
		}
	}
}

// Write implements io.Writer.
func (w *response) Write(b []byte) (int, error) {
	w.begin()
	w.patience.extend()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

func (w *response) begin() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}

// Unwrap lets an http.ResponseController reach the writer below.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
