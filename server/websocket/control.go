package websocket

import "sync"

// maxPongs is how many pongs wait at most: the answers to the latest pings.
const maxPongs = 16

// controlFrames are the control frames that wait for their turn: some pongs, one
// ping, and a close frame, after which nothing more is accepted. A client that
// sends a million pings and reads nothing thus costs next to no memory; RFC 6455
// 5.5.3 allows a pong to be left out when there are newer ones.
type controlFrames struct {
	mu          sync.Mutex
	pongs       [][]byte
	ping, close []byte
	closed      bool
}

// put queues a whole control frame, which must not be changed afterwards.
func (c *controlFrames) put(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	switch frame[0] & opBits {
	case OpPong:
		if len(c.pongs) == maxPongs {
			c.pongs = append(c.pongs[:0], c.pongs[1:]...)
		}
		c.pongs = append(c.pongs, frame)
	case OpPing:
		c.ping = frame
	case OpClose:
		c.close = frame
		c.closed = true
	}
}

// waiting reports whether take would return frames.
func (c *controlFrames) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pongs)+len(c.ping)+len(c.close) > 0
}

// take returns the waiting frames and whether the last of them is a close frame.
func (c *controlFrames) take() (frames []byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, pong := range c.pongs {
		frames = append(frames, pong...)
	}
	frames = append(append(frames, c.ping...), c.close...)
	last = len(c.close) > 0
	c.pongs, c.ping, c.close = nil, nil, nil
	return frames, last
}
