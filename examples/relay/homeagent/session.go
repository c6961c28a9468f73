package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"time"

	"github.com/coder/websocket"
)

const (
	// After a session that has lasted for stable, the next attempt comes soon.
	// After a shorter one the pause doubles, up to longest.
	shortest = time.Second
	longest  = time.Minute
	stable   = 30 * time.Second

	// A server that does not answer within patience is gone.
	patience   = 15 * time.Second
	pingPeriod = 30 * time.Second
	maxMessage = 1 << 20 // bytes
)

// errFinal is a reason not to try again.
var errFinal = errors.New("giving up")

// run connects, again and again, until ctx ends or the reason is final.
func (a *agent) run(ctx context.Context) error {
	pause := shortest
	for {
		began := time.Now()
		err := a.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errFinal) {
			return err
		}
		if time.Since(began) > stable {
			pause = shortest
		}
		wait := jitter(pause)
		log.Printf("%v; trying again in %.1f s", err, wait.Seconds())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, longest)
	}
}

// jitter spreads out the agents of a server that has restarted: it returns a time
// from half the pause to all of it.
func jitter(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause/2+1)
}

// line is a line from the server, of any type; see README.md.
type line struct {
	Type    string          `json:"type"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Channel string          `json:"channel"`
	Reason  string          `json:"reason"`
	Data    json.RawMessage `json:"data"`
}

// session connects once, and answers until the connection ends.
func (a *agent) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := a.dial(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	// A context given to Read would end the connection without a close frame.
	defer context.AfterFunc(ctx, func() { conn.Close(websocket.StatusGoingAway, "") })()
	// Ends with ctx, or with the connection that it has closed.
	go keepAlive(ctx, conn)
	err = a.send(conn, map[string]string{"type": "register", "name": a.name, "token": a.token})
	for err == nil {
		err = a.next(conn)
	}
	return err
}

// next waits for one line, and does what it asks for.
func (a *agent) next(conn *websocket.Conn) error {
	_, text, err := conn.Read(context.Background())
	if err != nil {
		return err
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("reading a line: %w", err)
	}
	return a.take(conn, l)
}

func (a *agent) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, a.url, &websocket.DialOptions{HTTPClient: a.client})
	return conn, err
}

// take does what a line asks for.
func (a *agent) take(conn *websocket.Conn, l line) error {
	switch l.Type {
	case "registered":
		log.Printf("registered as %q", a.name)
	case "joined":
		log.Printf("a page has joined: %.8s", l.Channel)
	case "left":
		log.Printf("a page has left: %.8s", l.Channel)
	case "data":
		return a.send(conn, map[string]any{"type": "data", "channel": l.Channel, "data": answer(l.Data)})
	case "error":
		return a.fault(l)
	}
	return nil
}

// fault returns errFinal for errors that do not pass.
func (a *agent) fault(l line) error {
	switch l.Code {
	case "no-channel": // the page has left before it was answered
		return nil
	case "replaced", "bad-request":
		return fmt.Errorf("%w: %q", errFinal, l.Message)
	}
	return fmt.Errorf("the server says: %q", l.Message)
}

func (a *agent) send(conn *websocket.Conn, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a line: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, text)
}

// keepAlive closes the connection if the server does not answer a ping: otherwise
// an agent with a new router would wait for ever.
func keepAlive(ctx context.Context, conn *websocket.Conn) {
	ticker := time.NewTicker(pingPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		pong, cancel := context.WithTimeout(ctx, patience)
		err := conn.Ping(pong)
		cancel()
		if err != nil {
			conn.CloseNow()
			return
		}
	}
}
