package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// backends are the programs that this test binary plays; see exectest.Backend.
var backends = map[string]func(args []string) int{
	"deaf": deaf,
}

// deaf says when it is ready, and then heeds neither the end of its stdin nor
// any signal that can be ignored.
func deaf([]string) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	os.Stdout.WriteString("ready\n")
	<-time.After(time.Minute) // in case nobody kills it
	return 0
}
