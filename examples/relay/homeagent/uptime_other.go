//go:build !linux

package main

import "time"

// uptime is not known without a call of the platform's own.
func uptime() (time.Duration, bool) { return 0, false }
