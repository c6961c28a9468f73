// Command homeagent is an agent for a machine at home: it connects to a wsd that
// runs "relay agents", registers a name, and answers the few questions in
// answer.go. It runs nothing, and opens no file that a page names.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: homeagent [--name=NAME] [--ca=FILE] wss://HOST[:PORT]/agents

  --name  the name that pages see; this machine's name by default
  --ca    a PEM file with the CA's certificate, or with the server's own if that is
          self-signed; the system's CAs by default

If RELAY_TOKEN is in the environment, pages must give the same token.
`

func main() {
	log.SetFlags(0)
	log.SetPrefix("homeagent: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, err := newAgent(os.Args[1:], os.Getenv("RELAY_TOKEN"))
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "homeagent: error: %v\n%s", err, usage)
		os.Exit(2)
	}
	if err := a.run(ctx); err != nil {
		log.Fatalln("error:", err)
	}
}

// agent is what the command line says.
type agent struct {
	url    string
	name   string
	token  string
	client *http.Client
}

// newAgent reads the command line.
func newAgent(args []string, token string) (*agent, error) {
	flags := flag.NewFlagSet("homeagent", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	name := flags.String("name", "", "")
	ca := flags.String("ca", "", "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() != 1 {
		return nil, errors.New("the address of the server is missing, or there is more than one")
	}
	address := flags.Arg(0)
	if err := checkURL(address, token != ""); err != nil {
		return nil, err
	}
	if *name == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("finding a name: %w", err)
		}
		*name = host
	}
	client, err := newClient(*ca)
	if err != nil {
		return nil, err
	}
	return &agent{url: address, name: *name, token: token, client: client}, nil
}

// checkURL refuses anything but the address of a WebSocket. A token must not cross
// a network unencrypted.
func checkURL(address string, hasToken bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return fmt.Errorf("reading the address: %w", err)
	case u.Scheme != "wss" && u.Scheme != "ws" || u.Hostname() == "":
		return fmt.Errorf("%q does not begin with wss://HOST", address)
	case u.Scheme == "ws" && hasToken && !isLoopback(u.Hostname()):
		return errors.New("a token needs wss://, since ws:// is not encrypted")
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// newClient returns a client that trusts the certificates in the file, or those
// of the system.
func newClient(ca string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if ca == "" {
		return &http.Client{Transport: transport}, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s contains no PEM certificate", ca)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	return &http.Client{Transport: transport}, nil
}
