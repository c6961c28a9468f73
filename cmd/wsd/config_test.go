package main

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/server"
	"wsd/server/certs"
)

// configure is what run does with args before it starts a server.
func configure(args []string, environ []string) (server.Config, error) {
	f, err := parse(args)
	if err != nil {
		return server.Config{}, err
	}
	return f.config(environ)
}

// self is the path of a program that exists on every platform: this test.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfig(t *testing.T) {
	command := self(t)
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.Mkdir("sub", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string // split at spaces; COMMAND stands for a program that exists
		want func(c *server.Config)
	}{
		{"COMMAND", func(c *server.Config) {}},
		{"COMMAND --port=1 -- x", func(c *server.Config) { c.Command = append(c.Command, "--port=1", "--", "x") }},
		{"--port=8080 COMMAND", func(c *server.Config) { c.Addresses = []string{":8080"} }},
		{"--port=0 COMMAND", func(c *server.Config) { c.Addresses = []string{":0"} }},
		{"--ssl COMMAND", func(c *server.Config) {
			c.Addresses, c.TLS = []string{":443"}, &certs.Config{CacheDir: cacheDir()}
		}},
		{"--ssl --sslcert=c --sslkey=k --sslca=a --port=1 COMMAND", func(c *server.Config) {
			c.Addresses = []string{":1"}
			c.TLS = &certs.Config{CertFile: "c", KeyFile: "k", ClientCA: "a", CacheDir: cacheDir()}
		}},
		{"--address=127.0.0.1 --address=[::1]:9000 --address=localhost --port=8080 COMMAND", func(c *server.Config) {
			c.Addresses = []string{"127.0.0.1:8080", "[::1]:9000", "localhost:8080"}
		}},
		{"--address=[::1] --address=:9000 --ssl=false COMMAND", func(c *server.Config) {
			c.Addresses = []string{"[::1]:80", ":9000"}
		}},
		{"--address=127.0.0.1:0 --address=127.0.0.1:0 COMMAND", func(c *server.Config) {
			c.Addresses = []string{"127.0.0.1:0", "127.0.0.1:0"}
		}},
		{"--unixsocket=s COMMAND", func(c *server.Config) { c.Addresses, c.UnixSocket = nil, "s" }},
		{"--unixsocket=s --port=1 COMMAND", func(c *server.Config) { c.Addresses, c.UnixSocket = []string{":1"}, "s" }},
		{"--unixsocket=s --address=a COMMAND", func(c *server.Config) { c.Addresses, c.UnixSocket = []string{"a:80"}, "s" }},
		{"--redirport=81 COMMAND", func(c *server.Config) { c.RedirectPort = 81 }},
		{"--binary --pty=false --reverselookup --sameorigin COMMAND", func(c *server.Config) {
			c.Binary, c.ReverseLookup, c.SameOrigin = true, true, true
		}},
		{"--passstderr COMMAND", func(c *server.Config) { c.PassStderr = true }},
		{"--maxforks=0 --maxframesize=0 --closems=0 --pingms=0 COMMAND", func(c *server.Config) {
			c.MaxForks, c.MaxMessage, c.CloseDelay, c.PingPeriod = 0, 0, 0, 0
		}},
		{"--maxframesize=-1 COMMAND", func(c *server.Config) { c.MaxMessage = 0 }},
		{"--maxforks=-5 --maxframesize=7 --closems=1500 --pingms=20 COMMAND", func(c *server.Config) {
			c.MaxForks, c.MaxMessage, c.CloseDelay, c.PingPeriod = 0, 7, 1500*time.Millisecond, 20*time.Millisecond
		}},
		{"--maxbuffered=0 --maxconns-per-ip=2 --handshakes-per-ip=9 --maxheaderbytes=2000 --maxheadercount=0 COMMAND", func(c *server.Config) {
			c.MaxBuffered, c.MaxPerAddress, c.HandshakesPerMinute, c.MaxHeaderBytes, c.MaxHeaderCount = 0, 2, 9, 2000, 0
		}},
		{"--idletimeout=1m --maxsession=1h --once COMMAND", func(c *server.Config) {
			c.IdleTimeout, c.MaxSession, c.Once = time.Minute, time.Hour, true
		}},
		{"--origin=https://a.example,B:80,[::1]:1, COMMAND", func(c *server.Config) {
			c.Origins = []string{"https://a.example", "B:80", "[::1]:1"}
		}},
		{"--subprotocol=chat.v2,chat, COMMAND", func(c *server.Config) { c.Subprotocols = []string{"chat.v2", "chat"} }},
		{"--header=a:b --header=A:c:d --header-ws=x: --header-http=y:z COMMAND", func(c *server.Config) {
			c.Header = http.Header{"A": {"b", "c:d"}}
			c.HeaderWS, c.HeaderHTTP = http.Header{"X": {""}}, http.Header{"Y": {"z"}}
		}},
		{"--passenv=ONE,NONE,HTTPS COMMAND", func(c *server.Config) { c.Env = []string{"ONE=1"} }},
		{"--dir=sub", func(c *server.Config) { c.Command, c.ScriptDir = nil, filepath.Join(folder, "sub") }},
		{"--dir=.", func(c *server.Config) { c.Command, c.ScriptDir = nil, folder }},
		{"--staticdir=sub --cgidir=sub/.. --devconsole", func(c *server.Config) {
			c.Command, c.StaticDir, c.CGIDir, c.DevConsole = nil, filepath.Join(folder, "sub"), folder, true
		}},
		{"--devconsole", func(c *server.Config) { c.Command, c.DevConsole = nil, true }},
	} {
		want := server.Config{
			Command:        []string{command},
			Addresses:      []string{":80"},
			MaxForks:       1024,
			MaxMessage:     1 << 20,
			PingPeriod:     30 * time.Second,
			MaxBuffered:    256 << 20,
			MaxHeaderBytes: 64 << 10,
			MaxHeaderCount: 100,
			Env:            []string{"PATH=/bin"},
			Software:       "wsd/" + currentVersion(),
		}
		test.want(&want)
		args := strings.Split(test.args, " ")
		if i := slices.Index(args, "COMMAND"); i >= 0 {
			args[i] = command
		}
		got, err := configure(args, []string{"HOME=/h", "PATH=/bin", "ONE=1", "HTTPS=on"})
		if err != nil {
			t.Errorf("%s: %v", test.args, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.args, got, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	const (
		addressHint = "write HOST, HOST:PORT, [IPv6] or [IPv6]:PORT"
		portHint    = "ports go up to 65535"
	)
	command := self(t)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args      []string // COMMAND, as a flag's last word, stands for a program that exists
		status    int
		err, hint string
	}{
		{nil, 64, "no command to serve, and no --dir", "try: wsd --port=8080 COMMAND [ARG…]"},
		{[]string{"--port=8080", "--"}, 64, "no command to serve, and no --dir", "try: wsd --port=8080 COMMAND [ARG…]"},
		{[]string{"--port=8080", ""}, 64, "the command's name is empty", "is the variable that should name it empty?"},
		{[]string{"--dir=.", "cat"}, 64, `--dir=. and the command "cat" can't both be served`, "leave one of the two out"},
		{[]string{"--passstderr", "--binary", "COMMAND"}, 64, "--passstderr can't be combined with --binary", "--passstderr tags lines of text; leave one of the two out"},

		{[]string{"--sslcert=c", "--sslkey=k", "COMMAND"}, 64, "--sslcert, --sslkey and --sslca need --ssl", "add --ssl"},
		{[]string{"--sslca=a", "COMMAND"}, 64, "--sslcert, --sslkey and --sslca need --ssl", "add --ssl"},
		{[]string{"--ssl", "--sslcert=c", "COMMAND"}, 64, "--sslcert without --sslkey", "add --sslkey=FILE, or leave both out for a self-signed certificate"},
		{[]string{"--ssl", "--sslkey=k", "COMMAND"}, 64, "--sslkey without --sslcert", "add --sslcert=FILE, or leave both out for a self-signed certificate"},

		{[]string{"--closems=-1", "COMMAND"}, 64, "--closems=-1 is negative", "0 turns it off"},
		{[]string{"--pingms=-1", "COMMAND"}, 64, "--pingms=-1 is negative", "0 turns it off"},
		{[]string{"--maxbuffered=-1", "COMMAND"}, 64, "--maxbuffered=-1 is negative", "0 turns it off"},
		{[]string{"--maxconns-per-ip=-1", "COMMAND"}, 64, "--maxconns-per-ip=-1 is negative", "0 turns it off"},
		{[]string{"--handshakes-per-ip=-1", "COMMAND"}, 64, "--handshakes-per-ip=-1 is negative", "0 turns it off"},
		{[]string{"--maxheadercount=-1", "COMMAND"}, 64, "--maxheadercount=-1 is negative", "0 turns it off"},
		{[]string{"--maxheaderbytes=1000", "COMMAND"}, 64, "--maxheaderbytes=1000 is less than 1024", "browsers send about 2000 bytes"},
		{[]string{"--maxheaderbytes=16777217", "COMMAND"}, 64, "--maxheaderbytes=16777217 is more than 16777216", ""},
		{[]string{"--closems=2147483648", "COMMAND"}, 64, "--closems=2147483648 is more than 2147483647", ""},
		{[]string{"--pingms=9223372036854775807", "COMMAND"}, 64, "--pingms=9223372036854775807 is more than 2147483647", ""},

		{[]string{"--port=65536", "COMMAND"}, 64, "--port=65536 is not a valid port", portHint},
		{[]string{"--port=-1", "COMMAND"}, 64, "--port=-1 is not a valid port", portHint},
		{[]string{"--redirport=65536", "COMMAND"}, 64, "--redirport=65536 is not a valid port", portHint},
		{[]string{"--port=81", "--redirport=81", "COMMAND"}, 64, "--redirport=81 is a port of the server itself", "give --redirport a port of its own"},
		{[]string{"--address=a:81", "--redirport=81", "COMMAND"}, 64, "--redirport=81 is a port of the server itself", "give --redirport a port of its own"},
		{[]string{"--redirport=80", "COMMAND"}, 64, "--redirport=80 is a port of the server itself", "give --redirport a port of its own"},
		{[]string{"--unixsocket=s", "--redirport=81", "COMMAND"}, 64, "--redirport=81 has no TCP port to redirect to", "add --port=N"},
		{[]string{"--address=::1", "COMMAND"}, 64, "--address=::1 is an IPv6 address without brackets", "write --address=[::1]"},
		{[]string{"--address=::1:9000", "COMMAND"}, 64, "--address=::1:9000 is an IPv6 address without brackets", "write --address=[::1:9000]"},
		{[]string{"--address=[127.0.0.1]", "COMMAND"}, 64, `--address=[127.0.0.1]: "[127.0.0.1]" is neither a host name nor an address`, addressHint},
		{[]string{"--address=[::1", "COMMAND"}, 64, `--address=[::1: "[:" is neither a host name nor an address`, addressHint},
		{[]string{"--address=[::1]9000", "COMMAND"}, 64, `--address=[::1]9000: "[::1]9000" is neither a host name nor an address`, addressHint},
		{[]string{"--address=a:", "COMMAND"}, 64, `--address=a:: "" is not a valid port`, addressHint},
		{[]string{"--address=a:65536", "COMMAND"}, 64, `--address=a:65536: "65536" is not a valid port`, addressHint},
		{[]string{"--address=a:+1", "COMMAND"}, 64, `--address=a:+1: "+1" is not a valid port`, addressHint},
		{[]string{"--address=http://a:80", "COMMAND"}, 64, `--address=http://a:80: "http://a" is neither a host name nor an address`, addressHint},
		{[]string{"--address=a,b", "COMMAND"}, 64, `--address=a,b: "a,b" is neither a host name nor an address`, addressHint},
		{[]string{"--address=a", "--address=a:80", "COMMAND"}, 64, "--address=a:80 is given twice", "leave one of the two out"},

		{[]string{"--origin=,", "COMMAND"}, 64, "--origin=, names no origin", "leave --origin out to allow any"},

		{[]string{"--subprotocol=,", "COMMAND"}, 64, "--subprotocol=, names no subprotocol", "leave --subprotocol out to take the client's first"},

		{[]string{"--header=abc", "COMMAND"}, 64, `--header="abc" has no colon`, `write it as --header="Name: value"`},
		{[]string{"--header-ws=", "COMMAND"}, 64, `--header-ws="" has no colon`, `write it as --header-ws="Name: value"`},
		{[]string{"--header=: b", "COMMAND"}, 64, `--header=": b": "" is not a valid header name`, ""},
		{[]string{"--header=a b: c", "COMMAND"}, 64, `--header="a b: c": "a b" is not a valid header name`, ""},
		{[]string{"--header=é: c", "COMMAND"}, 64, `--header="é: c": "é" is not a valid header name`, ""},
		{[]string{"--header-http=a: b\r\nc: d", "COMMAND"}, 64, `--header-http="a: b\r\nc: d" has a control character in its value`, ""},
		{[]string{"--header-http=a\n: b", "COMMAND"}, 64, `--header-http="a\n: b": "a\n" is not a valid header name`, ""},

		{[]string{"--passenv=A,B=c", "COMMAND"}, 64, `--passenv: "B=c" is not a valid variable name`, "it takes names only, such as --passenv=PATH,HOME"},

		{[]string{"--dir=file"}, 1, "--dir=file: it is not a folder", "to serve a single program, write it as the COMMAND, without --dir"},
		{[]string{"--staticdir=file", "COMMAND"}, 1, "--staticdir=file: it is not a folder", ""},
		{[]string{"--cgidir=file", "COMMAND"}, 1, "--cgidir=file: it is not a folder", ""},
		{[]string{"wsd-no-such-command"}, 1, `no command "wsd-no-such-command" in PATH`, "is it installed, and its folder in PATH?"},
		{[]string{"wsd-no-such-command -x"}, 1, `no command "wsd-no-such-command -x" in PATH`, "write the command and its arguments as separate words, not as one in quotes"},
	} {
		args := slices.Clone(test.args)
		if n := len(args); n > 0 && args[n-1] == "COMMAND" {
			args[n-1] = command
		}
		_, err := configure(args, nil)
		checkError(t, test.args, err, test.status, test.err, test.hint)
	}
}

// TestEmptyValues checks that a variable that is unset by mistake opens the server to
// nobody.
func TestEmptyValues(t *testing.T) {
	command := self(t)
	for _, test := range []struct{ args, name string }{
		{"--ssl --sslcert= --sslkey=", "--sslcert"}, {"--ssl --sslcert=c --sslkey=", "--sslkey"}, {"--ssl --sslca=", "--sslca"},
		{"--user=", "--user"}, {"--user=nobody --group=", "--group"}, {"--origin=", "--origin"}, {"-origin=", "--origin"},
		{"--htpasswd=", "--htpasswd"}, {"--authcmd=", "--authcmd"}, {"--subprotocol=", "--subprotocol"},
		{"--address=", "--address"}, {"--address=localhost --address=", "--address"}, {"--address ", "--address"},
		{"--unixsocket=", "--unixsocket"}, {"--unixsocket=s --unixsocket-mode=", "--unixsocket-mode"},
	} {
		args := append(strings.Split(test.args, " "), command)
		_, err := configure(args, nil)
		checkError(t, args, err, 64, test.name+": the value is empty", "is a variable unset? To do without "+test.name+", leave it out")
	}
}

// TestUsageErrorsFirst checks that what can't be right anywhere is reported
// before what is missing on this machine.
func TestUsageErrorsFirst(t *testing.T) {
	for _, args := range [][]string{
		{"--maxforks=x", "wsd-no-such-command"},
		{"--passenv=A=b", "wsd-no-such-command"},
		{"--header=x", "--staticdir=wsd-no-such-folder", "wsd-no-such-command"},
	} {
		if _, err := configure(args, nil); exitStatus(err) != 64 {
			t.Errorf("%q: %v, status %d, want 64", args, err, exitStatus(err))
		}
	}
}

func TestPassEnv(t *testing.T) {
	environ := []string{"A=1", "AB=2", "A=3", "EMPTY=", "LINES=a\nb\r\nc=d", "HTTPS=on", "SSL_CLIENT_VERIFY=SUCCESS", "SSL_CLIENT_S_DN=CN=evil", "odd"}
	for _, test := range []struct {
		names string
		want  []string
	}{
		{"", nil},
		{"A", []string{"A=1"}},
		{" AB , A,", []string{"AB=2", "A=1"}},
		{"EMPTY,NONE,odd", []string{"EMPTY="}},
		{"LINES", []string{"LINES=a b  c=d"}},
		{"HTTPS,SSL_CLIENT_VERIFY,SSL_CLIENT_S_DN", nil},
	} {
		got, err := passEnv(test.names, environ)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v, want %q", test.names, got, err, test.want)
		}
	}
	if got, _ := passEnv("a", environ); sameName("a", "A") != (len(got) == 1) {
		t.Errorf("a: %q, which is not how this platform compares names", got)
	}
}
