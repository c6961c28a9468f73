//go:build unix

package exec

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

func platformBackends() map[string]func(args []string) int {
	all := map[string]func(args []string) int{
		"stubborn":  stubborn,
		"late":      late,
		"exhausted": exhausted,
	}
	maps.Copy(all, kernelBackends())
	return all
}

// stubborn says what happens to it, a line each, and ends only at what its
// arguments name: EOF, or a signal.
func stubborn(obeys []string) int {
	events := make(chan string)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGUSR1)
	go func() {
		for s := range signals {
			events <- unix.SignalName(s.(syscall.Signal))
		}
	}()
	go func() {
		b := make([]byte, 1000)
		for {
			n, err := os.Stdin.Read(b)
			if n > 0 {
				events <- fmt.Sprintf("% x", b[:n])
			}
			if err != nil {
				events <- err.Error()
				return
			}
		}
	}()
	fmt.Println("ready")
	for e := range events {
		fmt.Println(e)
		if slices.Contains(obeys, e) {
			return 0
		}
	}
	return 1
}

// late is cat, but it begins to read when it gets SIGUSR1.
func late([]string) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	fmt.Println("ready")
	<-signals
	if _, err := io.Copy(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
