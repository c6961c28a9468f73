package session

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// A client that answers the close frame of a shutdown with anything but its own, and
// then goes on for ever, does not hold it up for longer than a silent one does.
func TestShutdownDoesNotLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		var client sync.WaitGroup
		defer client.Wait()
		defer near.Close()
		client.Go(func() { io.Copy(io.Discard, near) }) // ends once near is closed
		begun := time.Now()
		client.Go(func() { // ends once near is closed
			for frame := servertest.Frame(servertest.Fin|servertest.Text, "x"); ; {
				if _, err := near.Write(frame); err != nil {
					return
				}
				time.Sleep(900 * time.Millisecond)
				if time.Since(begun) > 4*time.Second {
					frame = servertest.Frame(servertest.Fin|servertest.Binary, "x")
				}
			}
		})
		closing, shutDown := context.WithCancel(t.Context())
		shutDown()
		ended := make(chan End, 1)
		cfg := &Config{Buffered: new(websocket.Budget), Drains: new(Drains), DrainPatience: time.Minute}
		Start(closing, cfg, slog.New(slog.DiscardHandler), websocket.NewConn(far, nil), nil, errors.New("no backend"), Hooks{
			Exited: func() {}, Ended: func(end End) { ended <- end },
		})
		<-ended
		if took := time.Since(begun); took > closeTimeout+shutdownLinger {
			t.Errorf("the session took %v to end", took)
		}
	})
}
