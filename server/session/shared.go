package session

import "sync"

// maxHeld bounds what is held back of one stream while a message of the other is
// being sent, in bytes.
const maxHeld = len(frameBuffer{})

// sharedOutput lets stdout and stderr send to one client (Config.PassStderr). A
// long line of stdout leaves in fragments, and nothing may come between those
// (RFC 6455 5.4), so what stderr brings meanwhile is held back. Stderr can't be
// made to wait: a backend that blocks on stderr in the middle of a line on stdout
// would never finish that line.
type sharedOutput struct {
	send func(frames []byte)
	lost func() // called when something was dropped because too much was held

	mu   sync.Mutex
	open *framer // whose message has begun and not ended
	held []byte  // whole messages of the other stream
}

// write sends the frames of f, or holds them.
func (o *sharedOutput) write(f *framer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open != nil && o.open != f {
		if len(o.held)+len(f.frames) > maxHeld {
			o.lost()
			return
		}
		o.held = append(o.held, f.frames...)
		return
	}
	o.send(f.frames)
	o.open = nil
	if f.open {
		o.open = f
		return
	}
	if len(o.held) > 0 {
		o.send(o.held)
		o.held = nil
	}
}
