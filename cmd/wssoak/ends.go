package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/daemon"
	"wsd/server/websocket"
)

// ending is a way in which a session ends.
type ending int

const (
	byClient  ending = iota // the client closes, after an exchange of counts
	byBackend               // the backend exits, after an exchange of counts
	killed                  // the backend gets SIGKILL
	reset                   // the client resets the connection
	vanished                // the client ends the connection without a close frame
	endings                 // how many there are
)

func (e ending) String() string {
	return [...]string{"ended by the client", "ended by the backend", "backend killed", "client reset", "client vanished"}[e]
}

// inOrder is one of the two orderly endings.
func inOrder() ending { return ending(rand.IntN(int(byBackend) + 1)) }

// killedReason is what the close frame must say when the backend was killed.
const killedReason = "signal: SIGKILL"

// finish ends a session in the given way, waits until its backend is gone, and checks
// everything. The session must not be used after that.
func (n *session) finish(e ending) error {
	defer n.abandon()
	close(n.hurry)
	backend, err := n.backend()
	if err != nil {
		return err
	}
	defer backend.Release()
	steps := [...]func(*os.Process) error{n.endByClient, n.endByBackend, n.kill, n.reset, n.vanish}
	if err := steps[e](backend); err != nil {
		return err
	}
	n.abandon()
	if err := n.awaitGone(backend); err != nil {
		return err
	}
	r, err := readRecord(n.soak.records, n.number)
	if err != nil {
		return err
	}
	return n.check(e, r)
}

// backend is a handle on the session's backend. It is still the daemon's child, so it
// can't be another process with the same id.
func (n *session) backend() (*os.Process, error) {
	r, err := readRecord(n.soak.records, n.number)
	if err != nil {
		return nil, err
	}
	p, err := os.FindProcess(r.pid)
	if err != nil {
		return nil, fmt.Errorf("looking for backend %d: %w", r.pid, err)
	}
	if daemon.Parent(strconv.Itoa(r.pid)) != n.daemon.pid() {
		p.Release()
		return nil, fmt.Errorf("backend %d is not a child of the daemon", r.pid)
	}
	return p, nil
}

func (n *session) endByClient(*os.Process) error {
	if err := n.exchange(typeEnd); err != nil {
		return err
	}
	if err := n.sendClose(); err != nil {
		return err
	}
	return n.awaitClose(websocket.CodeOK, "")
}

func (n *session) endByBackend(*os.Process) error {
	if err := n.exchange(typeExit); err != nil {
		return err
	}
	if err := n.awaitClose(websocket.CodeOK, ""); err != nil {
		return err
	}
	return n.sendClose()
}

// exchange sends the last message and waits for the backend's last.
func (n *session) exchange(kind byte) error {
	if err := n.send(kind, 1); err != nil {
		return err
	}
	return n.await(n.final, "the backend's last message")
}

// kill kills the backend while messages are on their way in both directions.
func (n *session) kill(backend *os.Process) error {
	if err := n.send(typeMessage, 1+rand.IntN(burst)); err != nil {
		return err
	}
	if err := backend.Kill(); err != nil {
		return fmt.Errorf("killing the backend: %w", err)
	}
	if err := n.awaitClose(websocket.CodeInternalError, killedReason); err != nil {
		return err
	}
	return n.sendClose()
}

// reset drops the connection while messages are on their way: the daemon gets RST.
func (n *session) reset(*os.Process) error {
	if err := n.send(typeMessage, 1+rand.IntN(burst)); err != nil {
		return err
	}
	tcp := tcpOf(n.conn.Conn)
	if err := tcp.SetLinger(0); err != nil {
		return err
	}
	return tcp.Close()
}

// vanish ends the connection after the last message: the daemon gets FIN.
func (n *session) vanish(*os.Process) error {
	if err := n.send(typeMessage, 1+rand.IntN(burst)); err != nil {
		return err
	}
	if err := tcpOf(n.conn.Conn).CloseWrite(); err != nil {
		return err
	}
	var closed *client.ClosedError
	switch err := n.await(n.ended, "the connection's end"); {
	case err != nil:
		return err
	case errors.As(n.err, &closed):
		return fmt.Errorf("the client had vanished and was sent a close frame: %w", closed)
	default:
		return nil
	}
}

func (n *session) sendClose() error {
	if err := n.conn.SendClose(); err != nil {
		return fmt.Errorf("sending a close frame: %w", err)
	}
	return nil
}

// awaitClose waits for the daemon's close frame, which must be this one.
func (n *session) awaitClose(code websocket.Code, reason string) error {
	if err := n.await(n.ended, "the close frame"); err != nil {
		return err
	}
	var closed *client.ClosedError
	if !errors.As(n.err, &closed) || closed.Code != code || closed.Reason != reason {
		return fmt.Errorf("wanted %d %q: %w", code, reason, n.err)
	}
	return nil
}

// goneEvery is the time between two looks for a backend that should be gone.
const goneEvery = 10 * time.Millisecond

// awaitGone returns when the backend has ended and has been reaped.
func (n *session) awaitGone(backend *os.Process) error {
	tick := time.NewTicker(goneEvery)
	defer tick.Stop()
	limit := time.NewTimer(n.soak.leftover)
	defer limit.Stop()
	for {
		if errors.Is(backend.Signal(syscall.Signal(0)), os.ErrProcessDone) {
			return nil
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return fmt.Errorf("backend %d is still there %v after the session's end", backend.Pid, n.soak.leftover)
		}
	}
}

// check compares what both sides have sent and received, and counts the faults. The
// error says what is wrong with the session.
func (n *session) check(e ending, r record) error {
	in := n.in.faults()
	out := r.faults
	switch e {
	case byClient, byBackend:
		in.lost += max(0, r.written-n.in.last)
		out.lost += max(0, n.sent-r.received)
	case killed:
		if n.cut && n.in.last > r.written { // SIGKILL came within its write
			in.corrupted--
			n.in.last--
		}
		in.lost += max(0, r.written-n.in.last)
	case reset:
		out.lost += max(0, n.acked.Load()-r.received)
	case vanished:
		out.lost += max(0, n.sent-r.received)
	}
	n.soak.counts.ended(e, r.received, in.plus(out))
	switch {
	case r.received > n.sent:
		return fmt.Errorf("the backend has received %d messages, but %d were sent", r.received, n.sent)
	case n.in.last > r.begun:
		return fmt.Errorf("%d messages have arrived, but %d were sent", n.in.last, r.begun)
	case n.partial && e != reset && e != vanished:
		return errors.New("the WebSocket closed within a message")
	case e <= byBackend && !r.ended:
		return errors.New("the backend did not exit by itself")
	}
	if in != (faults{}) || out != (faults{}) {
		return fmt.Errorf("to the client: %v; to the backend: %v", in, out)
	}
	return nil
}
