package server

import "net/http"

// response is the answer to a request: it adds the configured headers when the
// status is known and records what is logged. It belongs to the request's
// goroutine.
type response struct {
	http.ResponseWriter
	cfg    *Config
	last   bool // the connection ends with it, whatever the headers say
	status int
	bytes  int64
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

// Write implements io.Writer.
func (w *response) Write(b []byte) (int, error) {
	w.begin()
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
