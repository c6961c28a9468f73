//go:build e2e && unix

package proxy_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// visitorAddress is where visitors come from. It is an address of the loopback
// interface that no wsd takes for a proxy's.
const visitorAddress = "127.0.0.2"

// A door is one of the two ways into a proxy.
type door struct {
	name    string // "plain" or "tls"
	scheme  string // of a page: http or https
	address string // host:port that is dialed
	tls     *tls.Config
}

// doors are both ways into the proxy of a stage.
func (s *stage) doors() []door {
	return []door{
		{"plain", "http", s.plain, nil},
		{"tls", "https", s.tls, &tls.Config{RootCAs: s.certificate.roots}},
	}
}

// origin is what a browser sends for a page of the site.
func (d door) origin(t *testing.T) string {
	return d.scheme + "://" + siteName + ":" + portOf(t, d.address)
}

// client reaches the door by the site's name, from visitorAddress, and keeps no
// connection.
func (d door) client() *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitorAddress)}}
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   d.tls,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, d.address)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get sends a plain request and returns the status and the body.
func (d door) get(t *testing.T, path string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.origin(t)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := d.client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// A visitor is a WebSocket client. Its methods fail the test on any error and
// when they have waited too long. It belongs to one goroutine.
type visitor struct {
	t    *testing.T
	ctx  context.Context // ends with the test, and bounds all it does
	conn *websocket.Conn
	// pings is the number of pings received, and pinged has an item when there is
	// a new one.
	pings  atomic.Int64
	pinged chan struct{}
}

// try opens a WebSocket, and returns the status if that was refused. A header is
// what the visitor sends beside what is needed.
func (d door) try(t *testing.T, path string, header http.Header) (*visitor, int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	v := &visitor{t: t, ctx: ctx, pinged: make(chan struct{}, 1)}
	conn, response, err := websocket.Dial(ctx, d.origin(t)+path, &websocket.DialOptions{
		HTTPClient: d.client(),
		HTTPHeader: header,
		OnPingReceived: func(context.Context, []byte) bool {
			v.pings.Add(1)
			select {
			case v.pinged <- struct{}{}:
			default:
			}
			return true
		},
	})
	if err != nil {
		if response == nil {
			return nil, 0, err
		}
		return nil, response.StatusCode, err
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(4 << 20)
	v.conn = conn
	return v, http.StatusSwitchingProtocols, nil
}

// dial opens a WebSocket that must be accepted.
func (d door) dial(t *testing.T, path string) *visitor {
	t.Helper()
	v, _, err := d.try(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *visitor) send(message string) {
	v.t.Helper()
	if err := v.conn.Write(v.ctx, websocket.MessageText, []byte(message)); err != nil {
		v.t.Fatalf("sending %d bytes: %v", len(message), err)
	}
}

func (v *visitor) receive() string {
	v.t.Helper()
	_, message, err := v.conn.Read(v.ctx)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(message)
}

// echo sends a message and wants it back.
func (v *visitor) echo(message string) {
	v.t.Helper()
	v.send(message)
	if got := v.receive(); got != message {
		v.t.Errorf("%d bytes came back as %d others", len(message), len(got))
	}
}

// ended reads up to the end of the session, and returns the messages, and the
// error that it ended with.
func (v *visitor) ended() (messages []string, err error) {
	for {
		_, message, err := v.conn.Read(v.ctx)
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(message))
	}
}

// endsWith wants the session to be ended by the other side with this close code
// and reason.
func (v *visitor) endsWith(code websocket.StatusCode, reason string) {
	v.t.Helper()
	_, err := v.ended()
	if websocket.CloseStatus(err) != code || !strings.Contains(err.Error(), strconv.Quote(reason)) {
		v.t.Errorf("the session ended with %v, want %v, reason %q", err, code, reason)
	}
}

// leave ends the session from this side, and wants its code back.
func (v *visitor) leave(code websocket.StatusCode) {
	v.t.Helper()
	if err := v.conn.Close(code, "enough"); err != nil {
		v.t.Errorf("leaving with %v: %v", code, err)
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
