package session

import (
	"testing"
	"time"

	"wsd/server/servertest"
)

// Each message, in either direction, begins the time anew; half a message does
// not, nor do a ping and its answer.
func TestIdleTimeBeginsAnew(t *testing.T) {
	t.Parallel()
	r := begin(t, Config{IdleTimeout: time.Hour, PingPeriod: time.Hour}, "echo")
	last := &r.lifetime.last
	longAgo := func() { last.Store(int64(time.Since(r.begun) - time.Hour/2)) }
	quiet := func() time.Duration { return time.Since(r.begun) - time.Duration(last.Load()) }
	longAgo()
	r.WantEcho("in and out")
	if quiet() > time.Hour/4 {
		t.Errorf("after a message the session has been quiet for %v", quiet())
	}
	longAgo()
	r.Write(servertest.Frame(servertest.Text, "half a mess"))
	r.Sync()
	if quiet() < time.Hour/4 {
		t.Error("half a message counts as one")
	}
	r.tickWhenQuiet()
	r.nextPing(t)
	r.Sync()
	if quiet() < time.Hour/4 {
		t.Error("a ping or its answer counts as a message")
	}
	// The timer looks again and does not end a session that has not been idle.
	r.lifetime.lookIdle()
	r.Write(servertest.Frame(servertest.Fin|servertest.Continuation, "age"))
	r.Want("half a message")
}
