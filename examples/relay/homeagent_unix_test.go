//go:build unix

package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startHomeAgent starts the program for the machine at home.
func startHomeAgent(t *testing.T, token string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(program(t, "homeagent"), args...)
	cmd.Env = append(os.Environ(), "RELAY_TOKEN="+token)
	return start(t, cmd)
}

// certificate writes a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, data []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", public), write("key.pem", "PRIVATE KEY", secret)
}

// ask asks an agent a question, and checks the answer.
func (c *client) ask(channel, question, text string, check func(answer, fault any) bool) {
	c.t.Helper()
	c.send(object{"type": "data", "channel": channel, "data": object{"id": 7, "ask": question, "text": text}})
	data := c.await("data")["data"].(object)
	if data["id"] != 7.0 || !check(data["answer"], data["error"]) {
		c.t.Errorf("asked %s %q, got %v", question, text, data)
	}
}

// TestHomeAgent talks to it through wss and two wsd, restarts the one that it
// uses, and ends it.
func TestHomeAgent(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits until the agent tries again")
	}
	t.Parallel()
	_, nats := startBroker(t, freePort(t))
	cert, key := certificate(t)
	secure := []string{"--ssl", "--sslcert=" + cert, "--sslkey=" + key}
	a, b := startWSD(t, nats, secure...), startWSD(t, nats)
	if !strings.HasPrefix(a.url, "wss://") {
		t.Fatalf("wsd listens at %s", a.url)
	}
	home := startHomeAgent(t, "secret", "--name=home", "--ca="+cert, a.url+"/agents")
	home.await(`registered as "home"`)
	page := newPage(t, b, "home*")
	talk(t, page)

	a.stop()
	page.await("left")
	home.await("trying again in")
	_, port, _ := strings.Cut(a.url, "127.0.0.1:")
	startWSD(t, nats, append(secure, "--port="+port)...)
	home.await(`registered as "home"`)
	talk(t, page)

	if status := home.end(syscall.SIGTERM); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	page.await("left")
}

// talk joins the agent, and asks it all that it answers.
func talk(t *testing.T, page *client) {
	t.Helper()
	page.send(object{"type": "join", "agent": "home", "token": "secret"})
	channel := page.await("joined")["channel"].(string)
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	page.ask(channel, "hostname", "", func(answer, _ any) bool { return answer == hostname })
	page.ask(channel, "uptime", "", func(answer, fault any) bool { return answer != fault })
	page.ask(channel, "echo", "<b> ü", func(answer, _ any) bool { return answer == "<b> ü" })
	page.ask(channel, "sh", "id", func(answer, fault any) bool { return answer == nil && fault != nil })
}

// TestHomeAgentsOfOneName has two agents that want the same name.
func TestHomeAgentsOfOneName(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := startHomeAgent(t, "", "--name=home", s.a.url+"/agents")
	first.await("registered")
	second := startHomeAgent(t, "", "--name=home", s.b.url+"/agents")
	second.await("another agent has this name.*trying again")
	first.end(syscall.SIGKILL)
	second.await("registered")

	// With a token the later one wins, and the earlier one gives up.
	third := startHomeAgent(t, "secret", "--name=other", s.a.url+"/agents")
	third.await("registered")
	startHomeAgent(t, "secret", "--name=other", s.b.url+"/agents").await("registered")
	if status := third.wait(); status != 1 {
		t.Errorf("exit status %d, want 1", status)
	}
}

// TestHomeAgentRefuses has command lines that can't be right.
func TestHomeAgentRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{}, {"--else", "wss://x"}, {"x"}, {"http://x"}, {"wss://"}, {"ws://192.0.2.1/agents"},
		{"wss://x", "wss://y"}, {"--ca=nowhere.pem", "wss://x"}, {"--ca=nats.conf", "wss://x"},
	} {
		if status := startHomeAgent(t, "secret", args...).wait(); status != 2 {
			t.Errorf("%q: exit status %d, want 2", args, status)
		}
	}
}
