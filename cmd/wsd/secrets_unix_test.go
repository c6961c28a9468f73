//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
)

// adaFile is a password file with the user ada, whose password is "right", as
// htpasswd -B wrote it.
const adaFile = "ada:$2y$04$dpXIeUEbtaH2vK40Evw91.SP6RLdV5hzXBE9EXh4A5GMhyMv5j70K\n"

// asAda is the header of ada and her password.
const asAda = "Authorization: Basic YWRhOnJpZ2h0"

// secret is in every place of a request that may let someone in.
const secret = "s3cr3t"

// secretHeader has it in all headers that are known for that, and in some that
// are not. The first is right for adaFile.
var secretHeader = []string{
	asAda, "Proxy-Authorization: Bearer " + secret, "Cookie: id=" + secret, "Cookie2: " + secret,
	"Sec-WebSocket-Protocol: chat, " + secret, "Referer: https://a.example/?token=" + secret,
	"X-Api-Key: " + secret, "X-Auth-Token: " + secret, "X-Original-URL: /?token=" + secret,
}

// opening is the header of a handshake, with more lines.
func opening(more ...string) []string {
	// The key is the one of RFC 6455 section 1.3.
	return append([]string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, more...)
}

// TestSecrets makes wsd write everything that it can log of requests, at its most
// talkative, and looks for what no log may have.
func TestSecrets(t *testing.T) {
	t.Run("Requests", testRequestSecrets)
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		server := servertest.Serve(t, "--loglevel=debug", "--ssl", "--devconsole")
		send(t, server.Address(), "GET /?token="+secret+" HTTP/1.1", secretHeader)
		server.Log.WaitText(t, 1, "a client speaks plain HTTP")
		keptSecrets(t, server)
	})
	t.Run("ProxyProtocol", func(t *testing.T) {
		t.Parallel()
		server := servertest.Serve(t, "--loglevel=debug", "--proxyprotocol", "--trustproxy=127.0.0.1", "--devconsole")
		send(t, server.Address(), "GET /?token="+secret+" HTTP/1.1", secretHeader)
		send(t, server.Address(), "PROXY TCP4 "+secret, secretHeader)
		server.Log.WaitText(t, 1, "dropped: no valid PROXY header")
		keptSecrets(t, server)
	})
}

func testRequestSecrets(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, dir := range []string{"static/sub", "cgi"} {
		if err := os.MkdirAll(filepath.Join(folder, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	users := servertest.Write(t, folder+"/users", adaFile, 0o600)
	servertest.Write(t, folder+"/static/index.html", "a page", 0o600)
	servertest.Write(t, folder+"/static/sub/index.html", "a page", 0o600)
	for name, lines := range map[string]string{
		"good":   `echo "Content-Type: text/plain"; echo; echo "$QUERY_STRING $HTTP_COOKIE"`,
		"bad":    `echo "$QUERY_STRING"; echo`,
		"status": `echo "Status: $QUERY_STRING"; echo`,
		"length": `echo "Content-Type: text/plain"; echo "Content-Length: $QUERY_STRING"; echo`,
		"fails":  `exit 1`,
	} {
		servertest.WriteScript(t, folder+"/cgi/"+name, lines)
	}
	check := servertest.WriteScript(t, folder+"/check", `case $PATH_INFO in
/known) exit 1 ;;
/may) exit 2 ;;
/fails) exit 3 ;;
/line) echo "$HTTP_COOKIE" | tr -d = ;;
/name) echo "LD_PRELOAD=$HTTP_COOKIE" ;;
*) echo "TOKEN=$HTTP_COOKIE" ;;
esac`)
	redirect := freePort(t)
	server := servertest.Serve(t, "--redirport="+redirect, "--loglevel=debug", "--maxforks=2",
		"--basepath=/base", "--healthpath=/up", "--trustproxy=127.0.0.1", "--htpasswd="+users, "--authcmd="+check,
		"--staticdir="+folder+"/static", "--cgidir="+folder+"/cgi", "cat")

	const query = "?token=" + secret
	closing := append([]string{"Connection: close"}, secretHeader...)
	wrong := append([]string{"Connection: close", "Authorization: Basic YWRhOnMzY3IzdA=="}, secretHeader[1:]...) // ada:s3cr3t
	for _, path := range []string{
		"/base/", "/base", "/base/sub", "/base/none", "/base/../x", "/elsewhere", "/up", "/base/good", "/base/bad", "/base/status",
		"/base/length", "/base/fails", "http://ada:" + secret + "@a.example/base/",
	} {
		for _, header := range [][]string{closing, closing[:1], wrong, append(closing, "Transfer-Encoding: chunked"), append(closing, "X-Forwarded-For: nobody")} {
			send(t, server.Address(), "GET "+path+query+" HTTP/1.1", header)
		}
		send(t, server.Address(), "POST "+path+query+" HTTP/1.1", append(closing, "Origin: https://evil.example"))
		send(t, "127.0.0.1:"+redirect, "GET "+path+query+" HTTP/1.1", closing)
	}
	for _, path := range []string{"/base/", "/base/known", "/base/may", "/base/fails", "/base/line", "/base/name", "/elsewhere", "/up"} {
		for _, more := range []string{"X-None: 1", "Origin: https://evil.example", "Sec-WebSocket-Key: " + secret} {
			send(t, server.Address(), "GET "+path+query+" HTTP/1.1", opening(append(secretHeader, more)...))
		}
		send(t, server.Address(), "GET "+path+query+" HTTP/1.1", opening(wrong[1:]...))
		send(t, server.Address(), "GET "+path+query+" HTTP/1.0", opening(secretHeader...))
	}
	for _, line := range []string{ // malformed
		"GET /" + query + " HTTP/9.9", "GET /" + query, secret, "GET /%zz" + query + " HTTP/1.1", "GET " + secret + " HTTP/1.1",
		"GET /base/" + query + ";a=b HTTP/1.1", "GET /base/" + query + "#" + secret + " HTTP/1.1",
	} {
		send(t, server.Address(), line, closing)
		send(t, server.Address(), line, []string{secret, "X " + secret + ": x", "Bad\x00: " + secret})
	}
	for _, msg := range []string{
		"CONNECT", "DISCONNECT", "HTTP", "origin refused", "login refused", "bad handshake", "bad answer of a CGI program",
		"CGI program failed", "the program of --authcmd failed", "…forwarding headers…",
	} {
		server.Log.Wait(t, msg)
	}
	keptSecrets(t, server)
}

// freePort is a TCP port of 127.0.0.1 that nobody has.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// send sends what may be no good request, and reads all of the answer; a
// WebSocket is left at once.
func send(t *testing.T, address, line string, header []string) {
	t.Helper()
	conn := servertest.Connect(t, address)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(servertest.Patience))
	end := "0\r\n\r\n" // of a body
	if slices.Contains(header, "Upgrade: websocket") {
		end = "\x88\x82\x00\x00\x00\x00\x03\xe8\r\n\r\n" // a close frame, and the end of what else it may pass for
	}
	fmt.Fprintf(conn, "%s\r\nHost: %s\r\n%s\r\n\r\n%s", line, address, strings.Join(header, "\r\n"), end)
	io.Copy(io.Discard, conn)
}

// keptSecrets ends wsd and looks through all of its log.
func keptSecrets(t *testing.T, server *servertest.Process) {
	t.Helper()
	server.Shutdown()
	const encoded = "czNjcjN0" // the secret in base64, where it begins a group of three
	for line := range strings.Lines(server.Log.Text()) {
		for _, word := range []string{secret, encoded, "MzY3IzdA", strings.TrimPrefix(asAda, "Authorization: Basic "), "token="} {
			if strings.Contains(line, word) {
				t.Errorf("the log has %q: %s", word, line)
			}
		}
	}
}
