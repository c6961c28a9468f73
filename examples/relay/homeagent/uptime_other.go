//go:build !linux

package main

import "time"

// uptime is unknown: it would take a system call of the platform's own.
func uptime() (time.Duration, bool) { return 0, false }
