//go:build e2e && unix

package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// longPing is wsd's default.
const longPing = 30 * time.Second

// TestProxies looks at wsd through each proxy, by both doors and each prefix.
func TestProxies(t *testing.T) {
	wsd := buildWSD(t)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			program := lookTool(t, k.program)
			s := newStage(t)
			u := s.startUpstreams(t, wsd, k.group, longPing)
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
	v.echo("hello")
	v.echo("")
	v.echo("Grüße, 世界 🌍")
	v.echo(strings.Repeat("0123456789abcdef", maxMessage/16))
	v.echo("still there")
	v.leave(websocket.StatusNormalClosure)
}

// testCodes ends sessions in each way, and wants the close codes carried through.
func testCodes(t *testing.T, d door, prefix string) {
	t.Run("1000", func(t *testing.T) {
		v := d.dial(t, prefix+"goodbye")
		v.send("go")
		v.endsWith(websocket.StatusNormalClosure, "")
	})
	t.Run("1011", func(t *testing.T) {
		v := d.dial(t, prefix+"fail")
		v.send("go")
		v.endsWith(websocket.StatusInternalError, "exit status 3")
	})
	t.Run("1009", func(t *testing.T) {
		v := d.dial(t, prefix+"echo")
		v.send(strings.Repeat("x", maxMessage+1))
		v.endsWith(websocket.StatusMessageTooBig, "message is too big")
	})
	t.Run("4000", func(t *testing.T) {
		v := d.dial(t, prefix+"echo")
		v.echo("hello")
		v.leave(4000)
	})
}

// testAdvice sends a request that asks for no upgrade.
func testAdvice(t *testing.T, k kind, d door, prefix string) {
	status, body := d.get(t, prefix+"echo")
	if status != k.advice {
		t.Errorf("a plain request gets %d, want %d:\n%s", status, k.advice, body)
	}
	if k.advice == 426 && !strings.Contains(body, "this is a WebSocket server") {
		t.Errorf("a plain request gets %q", body)
	}
}

// testShutdown ends each wsd, and wants every session to end with 1001; and for
// the next one the proxy's own answer.
func testShutdown(t *testing.T, k kind, s *stage, u *upstreams) {
	var visitors []*visitor
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			v := d.dial(t, prefix+"echo")
			v.echo("hello")
			visitors = append(visitors, v)
		}
	}
	for _, daemon := range u.daemons {
		daemon.terminate()
	}
	for _, v := range visitors {
		v.endsWith(websocket.StatusGoingAway, "server is shutting down")
	}
	for _, daemon := range u.daemons {
		<-daemon.ended
		if !daemon.cmd.ProcessState.Success() {
			t.Errorf("%s: %v", daemon.name, daemon.cmd.ProcessState)
		}
	}
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			t.Run(d.name+strings.TrimSuffix(prefix, "/"), func(t *testing.T) {
				t.Parallel() // HAProxy tries again for three seconds
				if _, status, err := d.try(t, prefix+"echo", nil); status != k.gone {
					t.Errorf("without a wsd, an upgrade gets %d (%v), want %d", status, err, k.gone)
				}
			})
		}
	}
}
