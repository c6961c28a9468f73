package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	startLimit = 10 * time.Second     // until a daemon must listen
	startPoll  = 5 * time.Millisecond // between two tries to connect
	stopLimit  = 2 * time.Second      // until a daemon that was asked to end is killed
	maxOutput  = 400                  // bytes of a failed daemon's output that are shown
	listenHost = "127.0.0.1"
)

// daemon is a server under measurement, in a process group of its own.
type daemon struct {
	cmd    *exec.Cmd
	target target
	output *os.File      // what it printed; a file, so that nothing waits for its children
	ended  chan struct{} // closed when the process has been reaped
}

// startDaemon starts command with websocketd's flags in front of backend, and
// returns when it listens. cert is nil without TLS.
func startDaemon(ctx context.Context, command []string, cert *certificate, backend []string) (*daemon, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	output, err := os.CreateTemp("", "wsbench-*.log")
	if err != nil {
		return nil, fmt.Errorf("keeping the daemon's output: %w", err)
	}
	args := append(command[1:len(command):len(command)], daemonFlags(port, cert)...)
	d := &daemon{
		cmd:    exec.Command(command[0], append(args, backend...)...),
		output: output,
		ended:  make(chan struct{}),
		target: target{address: net.JoinHostPort(listenHost, port), path: "/"},
	}
	d.target.host = d.target.address
	if cert != nil {
		d.target.tls = clientTLS(listenHost, true)
	}
	d.cmd.Stdout, d.cmd.Stderr = output, output
	ownGroup(d.cmd)
	if err := d.cmd.Start(); err != nil {
		d.removeOutput()
		return nil, fmt.Errorf("starting: %w", err)
	}
	// Ends when the process has; kill makes it end, and waits for it.
	go func() {
		_ = d.cmd.Wait() // how it ended is of no interest
		close(d.ended)
	}()
	if err := d.awaitListening(ctx); err != nil {
		d.kill()
		return nil, err
	}
	return d, nil
}

// daemonFlags are flags that websocketd 0.4.1 has too. No log is measured, and
// no limit on processes.
func daemonFlags(port string, cert *certificate) []string {
	args := []string{"--port=" + port, "--address=" + listenHost, "--loglevel=fatal", "--maxforks=0"}
	if cert == nil {
		return args
	}
	return append(args, "--ssl", "--sslcert="+cert.certFile, "--sslkey="+cert.keyFile)
}

// freePort is a port that nobody listens on right now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(listenHost, "0"))
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// awaitListening returns when a connection succeeds.
func (d *daemon) awaitListening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		nc, err := new(net.Dialer).DialContext(ctx, "tcp", d.target.address)
		if err == nil {
			return nc.Close()
		}
		select {
		case <-d.ended:
			return fmt.Errorf("ended at once: %s", d.said())
		case <-ctx.Done():
			return errors.New("does not listen")
		case <-time.After(startPoll):
		}
	}
}

// said is the end of what the daemon printed, on one line, and how it ended.
func (d *daemon) said() string {
	text, _ := os.ReadFile(d.output.Name())
	words := strings.Join(strings.Fields(string(text)), " ")
	if len(words) > maxOutput {
		words = "…" + words[len(words)-maxOutput:]
	}
	return strings.TrimSpace(d.cmd.ProcessState.String() + " " + words)
}

// stop asks the daemon to end, and kills it when it does not in time. Its
// backends end by themselves: their stdin does.
func (d *daemon) stop() {
	interrupt(d.cmd.Process)
	select {
	case <-d.ended:
		d.removeOutput()
	case <-time.After(stopLimit):
		d.kill()
	}
}

// kill ends the daemon and its process group, and returns when it is reaped.
func (d *daemon) kill() {
	killGroup(d.cmd.Process)
	<-d.ended
	d.removeOutput()
}

func (d *daemon) removeOutput() {
	d.output.Close()
	os.Remove(d.output.Name())
}
