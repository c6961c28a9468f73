package main

import (
	"fmt"
	"os"
	"time"
)

// uptime is how long this machine has been running.
func uptime() (time.Duration, bool) {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, false
	}
	var seconds float64
	if _, err := fmt.Sscan(string(text), &seconds); err != nil {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}
