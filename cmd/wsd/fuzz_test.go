package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"wsd/server"
)

// commandLines are words that are separated by NUL, which no word can hold. See
// words for those that begin with \x01.
var commandLines = []string{
	"",
	"--port=8080\x00cat\x00-n",
	"-port\x008080\x00--ssl\x00--\x00cat\x00--port=1\x00--\x00-",
	"--address=[::1]:9000\x00--address\x00localhost\x00--redirport=81\x00--unixsocket=s\x00cat",
	"--header=A: b\x00--header-ws\x00Sec-WebSocket-Protocol: x\x00--header-http=:\x00cat",
	"--header=A: b\r\nC: d\x00cat",
	"--origin=https://a.example,b:1,[::1]\x00--sameorigin=f\x00cat",
	"--maxforks=-1\x00--maxframesize=0x10\x00--closems=9223372036854775807\x00--pingms=-0\x00cat",
	"--dir=.\x00--staticdir=.\x00--cgidir=.\x00--devconsole\x00--pty",
	"--loglevel=trace\x00--logformat=json\x00--passenv=PATH,HOME\x00--binary\x00--passstderr\x00cat",
	"--closems=-1\x00cat",
	"--prot=1\x00-h\x00---\x00-=\x00--=",
	"--dir=\xff\x00\x1b[2J\n",
	"--ssl\x00--sslcert=c\x00--sslkey\x00k\x00--sslca=\x00cat",
	"--trustproxy=10.0.0.0/8,unix,::1\x00--proxyprotocol\x00--basepath=/a/\x00--healthpath=/b\x00cat",
	"--unixsocket=s\x00--unixsocket-mode=0660\x00--user=0:0\x00cat",
	"--user=nobody\x00--group=0\x00cat\x00--user=root",
	"--redirport=c\x00cat",
	"--port=9223372036854775808\x00cat",
	"--pty=maybe\x00cat",
	"--idletimeout=soon\x00cat",
	"--user=123456789\x00cat",
	"--user=nobody-of-that-name\x00cat",
	"--group=nobody-of-that-name\x00cat",
	"--header=no header\x00cat",
	"--loglevel=loud\x00cat",
	"--dir=/no/such/folder",
	"/no/such/command",
	"--completion=zsh\x00--man=0\x00--version=F\x00--\x00--\x00a",
	"\x01\x00=1\x00\x01\x05\x00\x01\x10=x\x00cat",
}

// words splits a line of commandLines. A word \x01N… begins with the name of the
// Nth flag, so that mutations come by them.
func words(line string, known []*kong.Flag) []string {
	var args []string
	for word := range strings.SplitSeq(line, "\x00") {
		if len(word) > 1 && word[0] == 1 {
			word = "--" + known[int(word[1])%len(known)].Name + word[2:]
		}
		args = append(args, word)
	}
	if line == "" {
		return nil
	}
	return args
}

// FuzzCommandLine takes command lines through all that comes before the first
// listener. Whatever they are, the answer is a configuration that can be used, or
// an error in one line with a hint in another; and the command is left alone.
func FuzzCommandLine(f *testing.F) {
	for _, line := range commandLines {
		f.Add(line)
	}
	parser, err := newParser(new(flags))
	if err != nil {
		f.Fatal(err)
	}
	known := parser.Model.Flags
	f.Fuzz(func(t *testing.T, line string) {
		args := words(line, known)
		given := slices.Clone(args)
		parsed, cfg, err := prepare(args)
		if !slices.Equal(args, given) {
			t.Errorf("%q has become %q", given, args)
		}
		checkCommand(t, args, known, parsed)
		if err != nil {
			checkFailure(t, args, err)
			return
		}
		checkConfig(t, args, cfg)
		checkRespelled(t, parsed, cfg)
	})
}

// fuzzEnviron is wsd's own environment.
var fuzzEnviron = []string{"PATH=/bin", "HOME=/", "HTTPS=on", "LINES=a\nb"}

// prepare is run up to the first listener. The flags are nil if args are none.
func prepare(args []string) (*flags, server.Config, error) {
	f, err := parse(args)
	if err != nil {
		return nil, server.Config{}, err
	}
	cfg, err := f.config(fuzzEnviron)
	if err != nil {
		return f, cfg, err
	}
	if _, err := server.New(cfg); err != nil {
		return f, cfg, &usageError{inFlags(err)}
	}
	return f, cfg, nil
}

// commandAt is where the command begins in args, told the slow way, by the rules
// of Go's package flag: -1 if one of the flags in front of it is unknown or has no
// value.
func commandAt(args []string, known []*kong.Flag) int {
	takesWord := map[string]bool{"h": false}
	for _, flag := range known {
		takesWord[flag.Name] = !flag.IsBool()
	}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			return i + 1
		}
		if word == "-" || !strings.HasPrefix(word, "-") {
			return i
		}
		name, _, whole := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		takes, ok := takesWord[name]
		if !ok {
			return -1
		}
		if takes && !whole {
			i++
		}
		if i == len(args) {
			return -1
		}
	}
	return len(args)
}

// checkCommand checks that the command is all that follows the flags, word for
// word, and that no more words behind it mean anything to wsd.
func checkCommand(t *testing.T, args []string, known []*kong.Flag, parsed *flags) {
	t.Helper()
	at := commandAt(args, known)
	if at < 0 && parsed != nil {
		t.Fatalf("%q is parsed, but has no whole flags: %+v", args, parsed)
	}
	if parsed == nil {
		return
	}
	if !slices.Equal(parsed.Command, args[at:]) {
		t.Fatalf("%q: the command is %q, want %q", args, parsed.Command, args[at:])
	}
	if len(parsed.Command) == 0 {
		return
	}
	more := []string{"--port=1", "-ssl", "--help", "--", "--user", "", "-", "--nonsense"}
	longer, err := parse(slices.Concat(args, more))
	if err != nil {
		t.Fatalf("%q: more words for the command: %v", args, err)
	}
	if want := slices.Concat(parsed.Command, more); !slices.Equal(longer.Command, want) {
		t.Errorf("%q: with more words the command is %q", args, longer.Command)
	}
	longer.Command, longer.account = parsed.Command, parsed.account
	if !reflect.DeepEqual(longer, parsed) {
		t.Errorf("%q: flags among the command's words: %+v, want %+v", args, longer, parsed)
	}
}

// machine matches what is wrong with this machine and not with a command line;
// hintless what says by itself how to do better.
var (
	machine = regexp.MustCompile(`^(--(dir|staticdir|cgidir)=.*: [A-Za-z ,.]+$|command "|no command "|there is no (user|group) |looking up the |` +
		`--user=\S* is not in the user database|--user=\S*: only root)`)
	hintless = regexp.MustCompile(`^--\S+: .* is (not a whole number|neither true nor false|out of range)$` +
		`|^--(loglevel|logformat|completion) must be one of |^--(closems|pingms)=\d+ is more than |^--header(-ws|-http)?="|^--(dir|staticdir|cgidir)=|^command "`)
)

// checkFailure checks what a person sees and what a script does.
func checkFailure(t *testing.T, args []string, err error) {
	t.Helper()
	var b bytes.Buffer
	report(&b, err)
	message, hint, hinted := strings.Cut(strings.TrimSuffix(b.String(), "\n"), "\n")
	text, ok := strings.CutPrefix(message, "wsd: error: ")
	if !ok || text == "" || strings.ContainsFunc(b.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
		t.Errorf("%q: wsd says %q", args, b.String())
	}
	if advice, ok := strings.CutPrefix(hint, "wsd: hint: "); hinted && (!ok || advice == "" || strings.Contains(advice, "\n")) {
		t.Errorf("%q: the hint is %q", args, hint)
	}
	if !hinted && !hintless.MatchString(text) {
		t.Errorf("%q: no hint for %s", args, text)
	}
	if usage := errors.As(err, new(*usageError)); usage == machine.MatchString(text) || exitStatus(err) != map[bool]int{true: 64, false: 1}[usage] {
		t.Errorf("%q: exit status %d for %s", args, exitStatus(err), text)
	}
}

// checkConfig checks what the server relies on.
func checkConfig(t *testing.T, args []string, cfg server.Config) {
	t.Helper()
	fail := func(what string, value any) { t.Errorf("%q: %s: %v", args, what, value) }
	if len(cfg.Command) > 0 && cfg.ScriptDir != "" {
		fail("a command and a folder", cfg.Command)
	}
	for _, address := range cfg.Addresses {
		if _, port, err := net.SplitHostPort(address); err != nil || strings.Trim(port, "0123456789") != "" {
			fail("address", address)
		}
	}
	if len(cfg.Addresses) == 0 && cfg.UnixSocket == "" {
		fail("nowhere to listen", cfg.Addresses)
	}
	if cfg.CloseDelay < 0 || cfg.PingPeriod < 0 || cfg.MaxForks < 0 || cfg.MaxMessage < 0 || cfg.RedirectPort < 0 || cfg.RedirectPort > 65535 {
		fail("a limit", cfg)
	}
	for _, header := range []http.Header{cfg.Header, cfg.HeaderWS, cfg.HeaderHTTP} {
		for name, values := range header {
			if !server.IsToken(name) || strings.ContainsAny(strings.Join(values, ""), "\r\n\x00\x7f") {
				fail("header", header)
			}
		}
	}
	if cfg.TLS != nil && (cfg.TLS.CertFile == "") != (cfg.TLS.KeyFile == "") {
		fail("half a certificate", cfg.TLS)
	}
	if cfg.UnixSocketMode > 0o777 || cfg.UnixSocketMode != 0 && cfg.UnixSocket == "" {
		fail("mode", cfg.UnixSocketMode)
	}
	for _, variable := range cfg.Env {
		if strings.ContainsAny(variable, "\n\r") || strings.HasPrefix(variable, "HTTPS=") {
			fail("variable", variable)
		}
	}
}

// checkRespelled spells f in one way only, and expects the same of it.
func checkRespelled(t *testing.T, f *flags, cfg server.Config) {
	t.Helper()
	args := canonical(t, f)
	again, second, err := prepare(args)
	if err != nil {
		t.Fatalf("%q, spelled again: %v", args, err)
	}
	if !reflect.DeepEqual(second, cfg) {
		t.Errorf("%q, spelled again:\n%+v, want\n%+v", args, second, cfg)
	}
	if once := canonical(t, again); !slices.Equal(once, args) {
		t.Errorf("%q is spelled %q", args, once)
	}
}

// canonical spells f with each flag that has a value as --name=value.
func canonical(t *testing.T, f *flags) []string {
	t.Helper()
	parser, err := newParser(f)
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, flag := range parser.Model.Flags {
		target := flag.Target
		switch {
		case target.Kind() == reflect.Pointer && target.IsNil():
		case flag.Tag.Get("empty") == "refused" && target.Len() == 0:
		case target.Kind() == reflect.Pointer:
			args = append(args, fmt.Sprintf("--%s=%v", flag.Name, target.Elem()))
		case target.Kind() == reflect.Slice:
			for i := range target.Len() {
				args = append(args, fmt.Sprintf("--%s=%v", flag.Name, target.Index(i)))
			}
		default:
			args = append(args, fmt.Sprintf("--%s=%v", flag.Name, target))
		}
	}
	return slices.Concat(args, []string{"--"}, f.Command)
}

// The rule of the fuzz target itself, by what is plain to see.
func TestCommandAt(t *testing.T) {
	parser, err := newParser(new(flags))
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]int{
		"cat --ssl": 0, "--ssl cat": 1, "--port 1 cat": 2, "--port=1 -- --ssl": 2, "-h": 1, "--dir -- x": 2, "-": 0, "--port": -1, "--no x": -1,
	} {
		if got := commandAt(strings.Fields(line), parser.Model.Flags); got != want {
			t.Errorf("%s: %d, want %d", line, got, want)
		}
	}
}
