package broker

import "time"

// Signs of life are sent once in a Period. Who gives none for Lost is taken for
// dead: a name is free again, a channel ends, a visitor has left. Most deaths are
// seen sooner.
const (
	Period = 2 * time.Second
	Lost   = 5 * Period
)

// Part waits, for a short time, until the broker has what was published last. If
// it does not get it, the others learn of the end by silence.
func (c *Conn) Part() { _ = c.FlushTimeout(Answer / 4) }
