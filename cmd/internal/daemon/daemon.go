// Package daemon starts the servers that are measured and loaded, and looks at the
// resources they hold.
package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"wsd/cmd/internal/client"
	"wsd/server/certs"
)

const (
	startLimit = time.Minute          // within which a daemon must listen
	startPoll  = 5 * time.Millisecond // between two attempts to connect
	stopLimit  = 2 * time.Second      // until a daemon that does not end is killed
	maxOutput  = 400                  // bytes of a failed daemon's output that are shown
	listenHost = "127.0.0.1"
	firstPort  = 20_000
	ports      = 12_000
)

// Daemon is a server in a process group of its own. Stop or Kill must be called.
type Daemon struct {
	Target client.Target
	Ended  <-chan struct{} // closed when the process has been reaped

	cmd    *exec.Cmd
	output *os.File // what it prints; with a pipe, Wait would wait for its children too
}

// Footprint is the resources that a process holds.
type Footprint struct {
	Memory, Peak int64 // bytes that are resident, and the most that ever were
	Threads      int
	Descriptors  int
}

// MakeCertificate makes a self-signed certificate and returns the PEM file that
// holds it and its key, in dir.
func MakeCertificate(dir string) (file string, err error) {
	_, err = certs.Open(&certs.Config{CacheDir: dir}, nil, slog.New(slog.DiscardHandler))
	return filepath.Join(dir, "selfsigned.pem"), err
}

// Start starts command with websocketd's flags in front of backend, and returns
// when it listens. cert is the file of MakeCertificate, or empty without TLS.
func Start(ctx context.Context, command []string, cert string, backend []string) (*Daemon, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	scheme := "ws"
	if cert != "" {
		scheme = "wss"
	}
	target, err := client.ParseTarget(scheme+"://"+net.JoinHostPort(listenHost, port)+"/", true)
	if err != nil {
		return nil, err
	}
	output, err := os.CreateTemp("", "daemon-*.log")
	if err != nil {
		return nil, fmt.Errorf("keeping the daemon's output: %w", err)
	}
	args := append(command[1:len(command):len(command)], flags(port, cert)...)
	ended := make(chan struct{})
	d := &Daemon{Target: target, Ended: ended, cmd: exec.Command(command[0], append(args, backend...)...), output: output}
	d.cmd.Stdout, d.cmd.Stderr = output, output
	ownGroup(d.cmd)
	if err := d.cmd.Start(); err != nil {
		d.removeOutput()
		return nil, fmt.Errorf("starting: %w", err)
	}
	// Ends when the process has; Kill makes it end, and waits for it.
	go func() {
		_ = d.cmd.Wait() // Said tells how it ended
		close(ended)
	}()
	if err := d.awaitListening(ctx); err != nil {
		d.Kill()
		return nil, err
	}
	return d, nil
}

// flags are flags that websocketd 0.4.1 has too. Neither a log nor a limit on
// processes is measured.
func flags(port, cert string) []string {
	args := []string{"--port=" + port, "--address=" + listenHost, "--loglevel=fatal", "--maxforks=0"}
	if cert == "" {
		return args
	}
	return append(args, "--ssl", "--sslcert="+cert, "--sslkey="+cert)
}

// freePort is a port that nobody listens on right now. It is below the ports that
// the kernel gives to clients, so that no connection takes it before the daemon.
func freePort() (string, error) {
	var failed error
	for range 100 {
		port := strconv.Itoa(firstPort + rand.IntN(ports))
		l, err := net.Listen("tcp", net.JoinHostPort(listenHost, port))
		if err == nil {
			return port, l.Close()
		}
		failed = err
	}
	return "", fmt.Errorf("looking for a free port: %w", failed)
}

// awaitListening returns when a connection succeeds.
func (d *Daemon) awaitListening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		nc, err := new(net.Dialer).DialContext(ctx, "tcp", d.Target.Address)
		if err == nil {
			return nc.Close()
		}
		select {
		case <-d.Ended:
			return fmt.Errorf("exited before it listened: %s", d.Said())
		case <-ctx.Done():
			return fmt.Errorf("it does not listen after %v", startLimit)
		case <-time.After(startPoll):
		}
	}
}

// Process is the daemon's process.
func (d *Daemon) Process() *os.Process { return d.cmd.Process }

// Output is all that the daemon has printed.
func (d *Daemon) Output() []byte {
	text, _ := os.ReadFile(d.output.Name())
	return text
}

// Said is how a daemon has ended and the last of what it printed, on one line. It
// must have ended.
func (d *Daemon) Said() string {
	words := strings.Join(strings.Fields(string(d.Output())), " ")
	if len(words) > maxOutput {
		words = "…" + words[len(words)-maxOutput:]
	}
	return strings.TrimSpace(d.cmd.ProcessState.String() + " " + words)
}

// Stop asks the daemon to end, and kills it if it does not within stopLimit. Its
// backends end when their stdin does.
func (d *Daemon) Stop() {
	interrupt(d.cmd.Process)
	select {
	case <-d.Ended:
		d.removeOutput()
	case <-time.After(stopLimit):
		d.Kill()
	}
}

// Kill kills the daemon and its process group, and returns when it is reaped.
func (d *Daemon) Kill() {
	select {
	case <-d.Ended: // its id may be another process's by now
	default:
		killGroup(d.cmd.Process)
		<-d.Ended
	}
	d.removeOutput()
}

func (d *Daemon) removeOutput() {
	d.output.Close()
	os.Remove(d.output.Name())
}
