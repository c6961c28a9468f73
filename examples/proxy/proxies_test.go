//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
	"wsd/server/servertest"
)

// longPing is wsd's default.
const longPing = 30 * time.Second

// TestProxies looks at wsd through each proxy, by both doors and each prefix.
func TestProxies(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			program := servertest.Tool(t, k.program)
			s := newStage(t)
			u := s.startUpstreams(t, k.group, longPing)
			proxy := k.start(t, s, program, u, shippedIdle)
			for _, d := range s.doors() {
				for _, prefix := range prefixes {
					t.Run(d.name+strings.TrimSuffix(prefix, "/"), func(t *testing.T) { testPath(t, k, d, prefix) })
				}
			}
			t.Run("strays", func(t *testing.T) { testStrays(t, k, s) })
			t.Run("reload", func(t *testing.T) { testReload(t, k, s, proxy) })
			t.Run("shutdown", func(t *testing.T) { testShutdown(t, k, s, u) })
		})
	}
}

// testPath looks at wsd by one door and one prefix.
func testPath(t *testing.T, k kind, d door, prefix string) {
	t.Run("messages", func(t *testing.T) { testMessages(t, d, prefix) })
	t.Run("codes", func(t *testing.T) { testCodes(t, d, prefix) })
	t.Run("environ", func(t *testing.T) { testEnviron(t, d, prefix) })
	t.Run("origin", func(t *testing.T) { testOrigin(t, d, prefix) })
	t.Run("advice", func(t *testing.T) { testAdvice(t, k, d, prefix) })
}

// maxMessage is wsd's default for --maxframesize.
const maxMessage = 1 << 20

// testMessages sends messages small and as large as they may be, and gets them
// back.
func testMessages(t *testing.T, d door, prefix string) {
	v := d.dial(t, prefix+"echo")
	v.WantEcho("hello")
	v.WantEcho("")
	v.WantEcho("Grüße, 世界 🌍")
	v.WantEcho(strings.Repeat("0123456789abcdef", maxMessage/16))
	v.WantEcho("still there")
	leave(v, 1000)
}

// testCodes ends sessions in each way, and wants the close codes carried through.
func testCodes(t *testing.T, d door, prefix string) {
	t.Run("1000", func(t *testing.T) {
		v := d.dial(t, prefix+"goodbye")
		v.Send("go")
		v.WantCloseFrame(1000, "")
	})
	t.Run("1011", func(t *testing.T) {
		v := d.dial(t, prefix+"fail")
		v.Send("go")
		v.WantCloseFrame(1011, "exit status 3")
	})
	t.Run("1009", func(t *testing.T) {
		v := d.dial(t, prefix+"echo")
		v.Send(strings.Repeat("x", maxMessage+1))
		v.WantCloseFrame(1009, "message is too big")
	})
	t.Run("4000", func(t *testing.T) {
		v := d.dial(t, prefix+"echo")
		v.WantEcho("hello")
		leave(v, 4000)
	})
}

// testAdvice sends a request that asks for no upgrade.
func testAdvice(t *testing.T, k kind, d door, prefix string) {
	status, body := d.get(t, prefix+"echo")
	want := k.advice
	if prefix == "/ws/" {
		want = http.StatusNotFound // that wsd serves files, too
	}
	if status != want {
		t.Errorf("a plain request gets %d, want %d:\n%s", status, want, body)
	}
	if k.advice == 426 && !strings.Contains(body, "this is a WebSocket server") {
		t.Errorf("a plain request gets %q", body)
	}
}

// testShutdown ends each wsd, and wants every session to end with 1001; and for
// the next one the proxy's own answer.
func testShutdown(t *testing.T, k kind, s *stage, u *upstreams) {
	var visitors []*servertest.Client
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			v := d.dial(t, prefix+"echo")
			v.WantEcho("hello")
			visitors = append(visitors, v)
		}
	}
	for _, daemon := range u.daemons {
		daemon.Signal(syscall.SIGTERM)
	}
	for _, v := range visitors {
		v.WantCloseFrame(1001, "server is shutting down")
		v.TryWrite(servertest.CloseFrame(1001, ""))
	}
	for _, daemon := range u.daemons {
		daemon.WantEnd()
	}
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			t.Run(d.name+strings.TrimSuffix(prefix, "/"), func(t *testing.T) {
				t.Parallel() // HAProxy tries again for three seconds
				if _, status := d.try(t, prefix+"echo"); status != k.gone {
					t.Errorf("without a wsd, an upgrade gets %d, want %d", status, k.gone)
				}
			})
		}
	}
}
