package broker

import "time"

// Everyone sends a sign of life once in a Period. Whoever sends none for Lost counts
// as dead: a name is free again, a channel ends, a visitor has left. Most deaths are
// noticed sooner.
const (
	Period = 2 * time.Second
	Lost   = 5 * Period
)

// Part waits, for a short time, until the broker has what was published last. If
// that fails, the others notice the end by the silence.
func (c *Conn) Part() { _ = c.FlushTimeout(Answer / 4) }
