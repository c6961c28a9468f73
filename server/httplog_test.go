package server

import (
	"log/slog"
	"strings"
	"testing"
)

// What net/http has to say is logged without what it quotes.
func TestHTTPLog(t *testing.T) {
	for line, want := range map[string]string{
		"http: TLS handshake error from 127.0.0.1:1: EOF":           "http: TLS handshake error from 127.0.0.1:1: EOF",
		`http: invalid Content-Length of "secret \"x\" secret" now`: "http: invalid Content-Length of … now",
		"http: panic serving 127.0.0.1:1: GET /x?secret: failed":    "http: panic serving 127.0.0.1:1: GET /x… failed",
		"http: Accept error: accept4: too many open files":          "http: Accept error: accept4: too many open files",
	} {
		book := newLogBook()
		if _, err := (httpLog{slog.New(bookHandler{book: book, level: LevelDebug})}).Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		level := LevelDebug
		if strings.Contains(line, "panic") || strings.Contains(line, "Accept") {
			level = LevelError
		}
		if r := book.wait(t, want, 1)[0]; r.level != level {
			t.Error(r)
		}
	}
}
