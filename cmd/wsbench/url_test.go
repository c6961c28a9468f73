package main

import (
	"bytes"
	"strings"
	"testing"

	"wsd/exec/exectest"
)

// startEcho starts yardstick with an echoing backend until the test ends.
func startEcho(t *testing.T, yardstick []string, cert *certificate) target {
	t.Helper()
	d, err := startDaemon(t.Context(), yardstick, cert, exectest.Backend("backend", "cat"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.stop)
	return d.target
}

func TestURL(t *testing.T) {
	cert, err := makeCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	yardstick := build(t, "./yardstick")
	for _, test := range []struct {
		scheme string
		cert   *certificate
	}{{"ws", nil}, {"wss", &cert}} {
		t.Run(test.scheme, func(t *testing.T) {
			target := startEcho(t, yardstick, test.cert)
			args := []string{test.scheme + "://" + target.address + "/path?query", "--duration=20ms", "--size=100", "-k"}
			var stdout, stderr bytes.Buffer
			if err := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"p50", "p99", "messages/s", "connections/s"} {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("no %s in\n%s", want, stdout.String())
				}
			}
			if !strings.Contains(stderr.String(), "round trips: ") {
				t.Errorf("no progress line in\n%s", stderr.String())
			}
		})
	}
}

func TestURLCertificate(t *testing.T) {
	cert, err := makeCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	target := startEcho(t, build(t, "./yardstick"), &cert)
	err = run(t.Context(), []string{"wss://" + target.address}, strings.NewReader(""), new(bytes.Buffer), new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, want the certificate refused", err)
	}
}

func TestURLHung(t *testing.T) {
	d, err := startDaemon(t.Context(), exectest.Backend("mute"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.stop()
	var stdout bytes.Buffer
	err = run(t.Context(), []string{"ws://" + d.target.address, "--timeout=100ms"}, strings.NewReader(""), &stdout, new(bytes.Buffer))
	if err == nil || strings.Count(stdout.String(), "hung: given up after 100ms") != 3 {
		t.Errorf("got %v and\n%s", err, stdout.String())
	}
}

func TestParseTarget(t *testing.T) {
	for _, test := range []struct {
		raw           string
		address, path string
		tls           bool
	}{
		{"ws://example.com", "example.com:80", "/", false},
		{"wss://example.com/a?b=c", "example.com:443", "/a?b=c", true},
		{"ws://[::1]:8080/x", "[::1]:8080", "/x", false},
	} {
		got, err := parseTarget(test.raw, false)
		if err != nil || got.address != test.address || got.path != test.path || (got.tls != nil) != test.tls {
			t.Errorf("%s: got %+v, %v", test.raw, got, err)
		}
	}
}
