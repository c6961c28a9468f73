package server

import (
	"strings"
	"testing"
	"wsd/server/servertest"
)

// What net/http has to say is logged without what it quotes.
func TestHTTPLog(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"http: TLS handshake error from 127.0.0.1:1: EOF":           "http: TLS handshake error from 127.0.0.1:1: EOF",
		`http: invalid Content-Length of "secret \"x\" secret" now`: "http: invalid Content-Length of … now",
		"http: panic serving 127.0.0.1:1: GET /x?secret: failed":    "http: panic serving 127.0.0.1:1: GET /x… failed",
		"http: Accept error: accept4: too many open files":          "http: Accept error: accept4: too many open files",
	} {
		book := new(servertest.Log)
		if _, err := (httpLog{log: logTo(book, LevelDebug)}).Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		level := LevelDebug
		if strings.Contains(line, "panic") || strings.Contains(line, "Accept") {
			level = LevelError
		}
		if r := book.Wait(t, want); r["level"] != level.String() {
			t.Error(r)
		}
	}
}
