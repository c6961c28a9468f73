package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// bigFile is a folder with a file, big, of so many bytes.
func bigFile(t *testing.T, size int64) (dir string) {
	t.Helper()
	dir = t.TempDir()
	file := servertest.Write(t, filepath.Join(dir, "big"), "", 0o644)
	if err := os.Truncate(file, size); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A body that has been announced and doesn't come holds no connection: the answer does
// not wait for it, and is the last one.
func TestAnswerDoesNotWaitForBody(t *testing.T) {
	t.Parallel()
	dir := bigFile(t, 1000)
	plain := Config{StaticDir: dir, HealthPath: "/up"}
	socket := Config{Command: servertest.Play("drain")}
	guarded := Config{Command: servertest.Play("drain"), PasswordFile: passwordFile(t, adaFile)}
	withBody := func(method, path string, header ...string) string {
		return request(method, path, append(header, "Content-Length: 10")...)
	}
	for name, tt := range map[string]struct {
		cfg     Config
		request string
		status  int
	}{
		"no password":     {guarded, withBody("POST", "/", "X-Long: "+strings.Repeat("x", 60_000)), 401},
		"chunked":         {guarded, request("POST", "/", "Transfer-Encoding: chunked"), 401},
		"no such path":    {plain, withBody("POST", "/nothing"), 404},
		"no WebSocket":    {socket, withBody("GET", "/"), 426},
		"a file":          {plain, withBody("GET", "/big"), 200},
		"not for a file":  {plain, withBody("POST", "/big"), 405},
		"a health check":  {plain, withBody("GET", "/up"), 200},
		"an upgrade":      {socket, string(servertest.Request("/", "Content-Length: 10")), 400},
		"to be continued": {plain, withBody("POST", "/nothing", "Expect: 100-continue"), 404},
		"bad expectation": {plain, withBody("POST", "/nothing", "Expect: nothing"), 417},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTuned(t, tt.cfg, func(s *Server) { s.stallTimeout = 2 * time.Second })
			wantLastAnswer(t, s.dial(t), tt.request, tt.status)
		})
	}
	t.Run("redirected", func(t *testing.T) {
		t.Parallel()
		hs := httptest.NewServer(redirectHandler(443, true))
		t.Cleanup(hs.Close)
		c := servertest.NewClient(t, servertest.Connect(t, hs.Listener.Addr().String()))
		wantLastAnswer(t, c, withBody("POST", "/"), 307)
	})
}

// wantLastAnswer sends a request and reads its answer, with which the connection ends.
func wantLastAnswer(t *testing.T, c *servertest.Client, request string, status int) {
	t.Helper()
	c.Write([]byte(request))
	resp, err := http.ReadResponse(c.In, nil)
	if err != nil {
		t.Fatal(err)
	}
	if wantStatus(t, resp, status); !resp.Close {
		t.Error("the connection stays")
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
	c.WantEnd()
}

// A client that first sends all of a large body, and then reads, gets its answer.
func TestAnswerToLargeBody(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("drain"), PasswordFile: passwordFile(t, adaFile)})
	const size = 200_000
	wantLastAnswer(t, s.dial(t), request("POST", "/", "Content-Length: "+strconv.Itoa(size))+strings.Repeat("x", size), 401)
}

// A client that takes nothing of a large answer doesn't hold it for ever.
func TestStalledAnswer(t *testing.T) {
	t.Parallel()
	long := http.Header{"X-Long": {strings.Repeat("x", 3000)}} // and still one write
	for name, path := range map[string]string{"one answer": "/big", "many answers": "/nothing"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTuned(t, Config{StaticDir: bigFile(t, 1<<30), HeaderHTTP: long}, func(s *Server) { s.stallTimeout = 200 * time.Millisecond })
			c := s.dial(t)
			go func() { // ends with the connection
				for c.TryWrite([]byte(request("GET", path))) == nil {
				}
			}()
			s.log.Wait(t, "HTTP")
			waitFor(t, "the connection's end", func() bool { return s.plainConns() == 0 })
		})
	}
}

// waitFor waits for what no event tells.
func waitFor(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(servertest.Patience); !f(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waiting for %s", what)
		}
	}
}

// plainConns is how many connections are counted.
func (s *Server) plainConns() int {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	return len(s.conns.all)
}

// deadline is the write deadline of a connection that does nothing.
type deadline struct {
	http.ResponseWriter
	nanos atomic.Int64
}

func (d *deadline) SetWriteDeadline(t time.Time) error { d.nanos.Store(t.UnixNano()); return nil }

func (d *deadline) left() time.Duration { return time.Until(time.Unix(0, d.nanos.Load())) }

// A write in progress is waited for as long as the client takes some of what the
// kernel holds for it, and no longer.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = time.Minute
		var d deadline
		var unsent atomic.Int64
		unsent.Store(100)
		p := patience{timeout: timeout, client: http.NewResponseController(&d), flow: func() websocket.Flow {
			return websocket.Flow{Unsent: int(unsent.Load())}
		}}
		p.extend()
		for range 99 {
			time.Sleep(timeout / 2)
			unsent.Add(-1) // as a slow client's does
		}
		synctest.Wait()
		if left := d.left(); left < timeout/4 {
			t.Errorf("the deadline of a slow client's write is in %v", left)
		}
		time.Sleep(2 * timeout)
		synctest.Wait()
		if left := d.left(); left > 0 {
			t.Errorf("the deadline of a client that stalls is in %v", left)
		}
		p.end()
		unsent.Store(0)
		time.Sleep(2 * timeout)
		if left := d.left(); left != -timeout {
			t.Errorf("the last deadline has been changed: it is in %v", left)
		}
	})
}
