//go:build unix

package docs_test

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"wsd/server/servertest"
)

// connect does what this command of wscat does, as far as the pages use it.
func (r *reader) connect(command string) {
	if r.client != nil {
		r.client.Conn.Close()
	}
	var words []string // as the shell splits them
	for word := range strings.SplitSeq(strings.TrimSpace(r.run("for word in "+strings.TrimPrefix(command, "wscat ")+`; do echo "$word"; done`)), "\n") {
		words = append(words, word)
	}
	var header []string
	flags := flag.NewFlagSet("wscat", flag.ContinueOnError)
	flags.Func("H", "", func(line string) error { header = append(header, line); return nil })
	flags.Func("o", "", func(origin string) error { header = append(header, "Origin: "+origin); return nil })
	flags.Func("s", "", func(name string) error { header = append(header, "Sec-WebSocket-Protocol: "+name); return nil })
	flags.Func("auth", "", func(user string) error {
		header = append(header, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(user)))
		return nil
	})
	noCheck := flags.Bool("no-check", false, "")
	cert, key, target := flags.String("cert", "", ""), flags.String("key", "", ""), flags.String("c", "", "")
	if err := flags.Parse(words); err != nil {
		r.fatalf("%s: %v", command, err)
	}
	u, err := url.Parse(*target)
	if err != nil || u.Host == "" || flags.NArg() > 0 || (u.Scheme == "wss") != *noCheck {
		r.fatalf("wscat can't connect with %q: %v", words, err)
	}
	address := "127.0.0.1:" + u.Port()
	if u.Host == "ws.example.org" {
		address = r.nginx
	}
	conn := servertest.Connect(r.t, address)
	if u.Scheme == "wss" {
		config := servertest.TrustAny()
		if *cert != "" {
			pair, err := tls.LoadX509KeyPair(filepath.Join(r.dir, *cert), filepath.Join(r.dir, *key))
			if err != nil {
				r.fatalf("%v", err)
			}
			config.Certificates = []tls.Certificate{pair}
		}
		conn = tls.Client(conn, config)
	}
	r.client = servertest.NewClient(r.t, conn)
	r.answer = r.client.Shake(u.RequestURI(), append(header, "Host: "+u.Host)...)
}

// talk plays the lines of the window: what is typed behind "> ", what arrives
// behind "< ", and what wscat says of the connection.
func (r *reader) talk(lines string) {
	if r.client == nil {
		r.fatalf("nobody is connected")
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(lines, "\n"), "\n") {
		var got string
		switch text, typed := strings.CutPrefix(line, "> "); {
		case text == "^C" && typed:
			r.leave()
			continue
		case typed:
			r.client.Send(text)
			continue
		case strings.HasPrefix(line, "< "), strings.HasPrefix(line, "Disconnected"):
			got = r.next()
		case r.answer.StatusCode != http.StatusSwitchingProtocols:
			got = fmt.Sprint("error: Unexpected server response: ", r.answer.StatusCode)
		default:
			got = "Connected (press CTRL+C to quit)"
		}
		if !matches(line, got) {
			r.fatalf("wscat would show\n%s, want\n%s", got, line)
		}
	}
}

// next is the line that wscat shows of the next message, or of the end.
func (r *reader) next() string {
	message, err := r.client.Read()
	if closed := (servertest.CloseError{}); errors.As(err, &closed) {
		r.client.Part(closed.Code)
		return fmt.Sprintf("Disconnected (code: %d, reason: %q)", closed.Code, closed.Reason)
	} else if err != nil {
		return err.Error()
	}
	return "< " + message
}

// leave ends the only session of a server, and returns when wsd has logged that.
func (r *reader) leave() {
	r.client.Leave()
	r.server.Log.WaitText(r.t, 1, "DISCONNECT")
}
