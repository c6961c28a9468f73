//go:build e2e && unix

package proxy_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"wsd/server/servertest"
)

const (
	crowdSize = 24
	// perSession is the number of messages after which every other client of the
	// crowd leaves and comes back: so some are always just connecting. The others
	// stay for as long as they may.
	perSession = 20
)

// A crowd is clients that send messages, wait for each to be acknowledged, and
// come back when they are sent away.
type crowd struct {
	scaleout           *scaleout
	leaving            atomic.Bool
	members            sync.WaitGroup
	sessions, goneAway atomic.Int64

	mu           sync.Mutex
	acknowledged map[string]bool // read without mu when all members have left
	byName       map[string]int  // acknowledgements by each wsd
	changed      chan struct{}   // closed and replaced by each of them
	broken       chan struct{}   // closed when a member has seen what it must not
	breaking     sync.Once
}

// gather sends crowdSize clients.
func (s *scaleout) gather() *crowd {
	c := &crowd{
		scaleout: s, acknowledged: make(map[string]bool), byName: make(map[string]int),
		changed: make(chan struct{}), broken: make(chan struct{}),
	}
	for member := range crowdSize {
		c.members.Go(func() { c.attend(member) }) // ends by disperse
	}
	s.t.Cleanup(c.disperse) // when the test has failed before
	return c
}

// disperse makes all members leave and waits for them.
func (c *crowd) disperse() {
	c.leaving.Store(true)
	c.members.Wait()
}

// attend is the life of a member: session after session.
func (c *crowd) attend(member int) {
	door := c.scaleout.stage.doors()[1] // TLS
	for next := 0; !c.leaving.Load(); {
		v, err := c.enter(door)
		if err != nil {
			c.fail("connecting: %v", err)
			return
		}
		c.sessions.Add(1)
		sent, err := c.session(v, member, next)
		next += sent
		v.Conn.Close()
		var closed servertest.CloseError
		switch errors.As(err, &closed); closed.Code {
		case 1001:
			c.goneAway.Add(1)
		case 1000:
		default:
			c.fail("a session ended with %v", err)
			return
		}
	}
}

// enter is dial that returns an error: a member is no goroutine of the test.
func (c *crowd) enter(d door) (*servertest.Client, error) {
	conn, err := d.connect()
	if err != nil {
		return nil, err
	}
	v := servertest.NewClient(c.scaleout.t, conn)
	if err := v.TryWrite(servertest.Request("/", d.site(c.scaleout.t)...)); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(v.In, nil)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New(answer.Status)
	}
	return v, err
}

// session sends messages, numbered from next on, and returns how many of them
// have been acknowledged and how the session ended.
func (c *crowd) session(v *servertest.Client, member, next int) (sent int, err error) {
	stays := member%2 == 0
	for ; (stays || sent < perSession) && !c.leaving.Load(); sent++ {
		message := strconv.Itoa(member) + " " + strconv.Itoa(next+sent)
		_ = v.TryWrite(servertest.Message(message)) // Read tells why it could not
		ack, err := v.Read()
		if err != nil {
			return sent, err
		}
		name, acknowledged, _ := strings.Cut(ack, " ")
		if acknowledged != message {
			c.fail("%q was acknowledged with %q", message, ack)
		}
		c.note(name, message)
	}
	// The answer to our close frame may be a 1001 that was on its way already.
	_ = v.TryWrite(servertest.CloseFrame(1000, ""))
	_, err = v.ReadAll()
	return sent, err
}

// note counts an acknowledged message.
func (c *crowd) note(name, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acknowledged[message] = true
	c.byName[name]++
	close(c.changed)
	c.changed = make(chan struct{})
}

// fail is said by a member that has seen what it must not.
func (c *crowd) fail(format string, args ...any) {
	c.scaleout.t.Errorf(format, args...)
	c.breaking.Do(func() { close(c.broken) })
}

func (c *crowd) acks(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byName[name]
}

func (c *crowd) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.acknowledged)
}

// waitAcks waits until the wsd of a name has acknowledged n messages.
func (c *crowd) waitAcks(name string, n int) { c.wait(func() bool { return c.acks(name) >= n }) }

// waitMore waits until n more messages have been acknowledged by anyone.
func (c *crowd) waitMore(n int) {
	n += c.total()
	c.wait(func() bool { return c.total() >= n })
}

func (c *crowd) wait(enough func() bool) {
	c.scaleout.t.Helper()
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		if enough() {
			return
		}
		select {
		case <-changed:
		case <-c.broken:
			c.scaleout.t.FailNow()
		}
	}
}
