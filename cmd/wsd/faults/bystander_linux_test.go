package faults_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"wsd/server/servertest"
)

// A bystander is a session that has nothing to do with the fault beside it. It
// sends numbered messages all the time, and wants each of them back, once and in
// order.
type bystander struct {
	t      *testing.T
	client *client
	last   chan struct{} // closed when no more are to be sent
	sent   chan struct{} // closed when no more are being sent
	got    chan int      // the newest number that has come back; see more
	ended  chan struct{} // closed when the session has ended
	err    error         // how; read after ended is closed
}

// pace is the time between two messages: it leaves the machine to the fault.
const pace = 10 * time.Millisecond

// watch lets a bystander use a session with a backend that echoes.
func watch(c *client) *bystander {
	b := &bystander{
		t: c.t, client: c,
		last: make(chan struct{}), sent: make(chan struct{}), ended: make(chan struct{}),
		got: make(chan int, 1),
	}
	go b.send()    // ends when last is closed or with the connection; leave waits for it
	go b.receive() // ends with the connection; leave waits for it
	return b
}

func (b *bystander) send() {
	defer close(b.sent)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 1; ; n++ {
		if b.client.TryWrite(servertest.Message(strconv.Itoa(n))) != nil {
			return // receive says why
		}
		select {
		case <-b.last:
			b.client.TryWrite(append(servertest.Message("last"), servertest.CloseFrame(1000, "")...))
			return
		case <-tick.C:
		}
	}
}

func (b *bystander) receive() {
	defer close(b.ended)
	for n := 1; ; n++ {
		m, err := b.client.Read()
		if m == "last" {
			_, err = b.client.Read()
		} else if err == nil && m != strconv.Itoa(n) {
			err = errors.New("message " + strconv.Itoa(n) + " came back as " + strconv.Quote(m))
		}
		if err != nil {
			b.err = err
			return
		}
		select {
		case <-b.got:
		default:
		}
		b.got <- n
	}
}

// more returns when some messages have been sent and come back since its call.
func (b *bystander) more() {
	b.t.Helper()
	timeout := time.After(servertest.Patience)
	for from := -1; ; {
		select {
		case n := <-b.got:
			if from < 0 {
				from = n
			}
			if n >= from+3 {
				return
			}
		case <-b.ended:
			b.t.Fatalf("the session beside the fault ended: %v", b.err)
		case <-timeout:
			b.t.Fatal("the session beside the fault stands still")
		}
	}
}

// leave ends the session, in which nothing may be lost up to the last message.
func (b *bystander) leave() {
	b.t.Helper()
	b.more()
	close(b.last)
	<-b.sent
	<-b.ended
	if !errors.Is(b.err, servertest.CloseError{Code: 1000}) {
		b.t.Errorf("the session beside the fault ended with %v", b.err)
	}
	b.client.Conn.Close()
}
