package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/command"
	"wsd/cmd/internal/daemon"
	"wsd/exec/exectest"
)

// startEcho starts yardstick with a backend that echoes, until the test ends.
func startEcho(t *testing.T, cert string) client.Target {
	t.Helper()
	d, err := daemon.Start(t.Context(), []string{build(t, "yardstick")}, cert, exectest.Backend("backend", "cat"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d.Target
}

func TestURL(t *testing.T) {
	cert, err := daemon.MakeCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		scheme string
		cert   string
	}{{"ws", ""}, {"wss", cert}} {
		t.Run(test.scheme, func(t *testing.T) {
			target := startEcho(t, test.cert)
			args := []string{test.scheme + "://" + target.Address + "/path?query", "--duration=20ms", "--size=100", "-k"}
			var stdout, stderr bytes.Buffer
			if err := program().Run(t.Context(), args, command.Streams{Out: &stdout, Err: &stderr}); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"daemon: " + target.Host + "\nBenchmarkRtt ", "BenchmarkEcho ", "BenchmarkChurn ", " p99-ns"} {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("no %s in\n%s", want, stdout.String())
				}
			}
			if !strings.Contains(stderr.String(), "rtt: ") {
				t.Errorf("no progress line in\n%s", stderr.String())
			}
		})
	}
}

func TestURLCertificate(t *testing.T) {
	cert, err := daemon.MakeCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	target := startEcho(t, cert)
	err = program().Run(t.Context(), []string{"wss://" + target.Address}, command.Streams{Out: io.Discard, Err: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, want the certificate refused", err)
	}
}

func TestURLHung(t *testing.T) {
	d, err := daemon.Start(t.Context(), exectest.Backend("mute"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	var stdout bytes.Buffer
	err = program().Run(t.Context(), []string{"ws://" + d.Target.Address, "--timeout=100ms"}, command.Streams{Out: &stdout, Err: io.Discard})
	if err == nil || strings.Count(stdout.String(), "hung: gave up after 100ms") != 3 {
		t.Errorf("got %v and\n%s", err, stdout.String())
	}
}
