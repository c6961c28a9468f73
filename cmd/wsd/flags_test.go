package main

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/server/hint"
)

// defaults is what a command line without flags means.
func defaults() flags {
	return flags{
		PassEnv:        defaultPassEnv,
		MaxForks:       1024,
		MaxFrameSize:   1 << 20,
		PingMS:         30000,
		MaxBuffered:    256 << 20,
		MaxHeaderBytes: 64 << 10,
		MaxHeaderCount: 100,
		LogLevel:       "access",
		LogFormat:      "text",
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		args []string
		want func(f *flags)
	}{
		{nil, func(f *flags) {}},
		{[]string{"--port=8080"}, func(f *flags) { f.Port = new(8080) }},
		{[]string{"--port", "8080"}, func(f *flags) { f.Port = new(8080) }},
		{[]string{"-port=8080"}, func(f *flags) { f.Port = new(8080) }},
		{[]string{"-port", "8080"}, func(f *flags) { f.Port = new(8080) }},
		{[]string{"--port=0"}, func(f *flags) { f.Port = new(0) }},
		{[]string{"-port", "8080", "--port=0x1f91"}, func(f *flags) { f.Port = new(8081) }},
		{[]string{"--ssl"}, func(f *flags) { f.SSL = true }},
		{[]string{"-ssl"}, func(f *flags) { f.SSL = true }},
		{[]string{"--ssl=true"}, func(f *flags) { f.SSL = true }},
		{[]string{"--ssl=1"}, func(f *flags) { f.SSL = true }},
		{[]string{"--ssl=t"}, func(f *flags) { f.SSL = true }},
		{[]string{"-ssl=T"}, func(f *flags) { f.SSL = true }},
		{[]string{"--ssl=TRUE"}, func(f *flags) { f.SSL = true }},
		{[]string{"--ssl", "--ssl=false"}, func(f *flags) {}},
		{[]string{"--ssl", "-ssl=0"}, func(f *flags) {}},
		{[]string{"--ssl", "--ssl=F"}, func(f *flags) {}},
		{[]string{"--ssl", "--ssl=False"}, func(f *flags) {}},
		{[]string{"--address=a", "-address", "[::1]:9000"}, func(f *flags) { f.Address = []string{"a", "[::1]:9000"} }},
		{[]string{"--address=a,b"}, func(f *flags) { f.Address = []string{"a,b"} }},
		{[]string{"--header=A: b, c", "--header", "D: e=f"}, func(f *flags) { f.Header = []string{"A: b, c", "D: e=f"} }},
		{[]string{"--header-ws=A: b", "--header-http", "-C: d"}, func(f *flags) {
			f.HeaderWS, f.HeaderHTTP = []string{"A: b"}, []string{"-C: d"}
		}},
		{[]string{"--passenv="}, func(f *flags) { f.PassEnv = "" }},
		{[]string{"--dir=a\\,b=c"}, func(f *flags) { f.Dir = "a\\,b=c" }},
		{[]string{"--dir=not\xffUTF-8"}, func(f *flags) { f.Dir = "not\xffUTF-8" }},
		{[]string{"--htpasswd=f", "--authcmd", "a 'b c'"}, func(f *flags) { f.Htpasswd, f.AuthCmd = "f", "a 'b c'" }},
		{[]string{"--maxforks", "-1"}, func(f *flags) { f.MaxForks = -1 }},
		{[]string{"--idletimeout=1h30m", "-maxsession", "90s", "--once"}, func(f *flags) {
			f.IdleTimeout, f.MaxSession, f.Once = 90*time.Minute, 90*time.Second, true
		}},
		{[]string{"--idletimeout=0", "--maxconns-per-ip=3", "--handshakes-per-ip", "60"}, func(f *flags) {
			f.MaxConnsPerIP, f.HandshakesPerIP = 3, 60
		}},
		{[]string{"-h"}, func(f *flags) { f.Help = true }},
		{[]string{"-help"}, func(f *flags) { f.Help = true }},
		{[]string{"--help=false", "--version"}, func(f *flags) { f.Version = true }},

		{[]string{"cat"}, func(f *flags) { f.Command = []string{"cat"} }},
		{[]string{"--port=1", "cat", "--port=2", "-ssl", "--", "-x"}, func(f *flags) {
			f.Port, f.Command = new(1), []string{"cat", "--port=2", "-ssl", "--", "-x"}
		}},
		{[]string{"--ssl", "true", "x"}, func(f *flags) { f.SSL, f.Command = true, []string{"true", "x"} }},
		{[]string{"--port=1", "--", "cat", "-n"}, func(f *flags) { f.Port, f.Command = new(1), []string{"cat", "-n"} }},
		{[]string{"--", "--port=1"}, func(f *flags) { f.Command = []string{"--port=1"} }},
		{[]string{"--", "--", "a"}, func(f *flags) { f.Command = []string{"--", "a"} }},
		{[]string{"cat", "--", "--"}, func(f *flags) { f.Command = []string{"cat", "--", "--"} }},
		{[]string{"-", "a"}, func(f *flags) { f.Command = []string{"-", "a"} }},
		{[]string{"--dir", "--", "a"}, func(f *flags) { f.Dir, f.Command = "--", []string{"a"} }},
		{[]string{"cat", "a,b", "", "é\xff", "${x}", "@f", "<&>"}, func(f *flags) {
			f.Command = []string{"cat", "a,b", "", "é\xff", "${x}", "@f", "<&>"}
		}},
	} {
		want := defaults()
		test.want(&want)
		got, err := parse(test.args)
		if err != nil {
			t.Errorf("%q: %v", test.args, err)
			continue
		}
		if len(got.Command) == 0 {
			got.Command = nil // [] and nil are both no command
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", test.args, *got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const listed = "wsd --help lists the flags"
	for _, test := range []struct {
		args      []string
		err, hint string
	}{
		{[]string{"--prot=8080", "cat"}, "unknown flag --prot", "did you mean --port?"},
		{[]string{"-Port", "8080", "cat"}, "unknown flag -Port", "did you mean --port?"},
		{[]string{"--ssl", "--adress=::1", "cat"}, "unknown flag --adress", "did you mean --address?"},
		{[]string{"--static-dir=.", "cat"}, "unknown flag --static-dir", "did you mean --staticdir?"},
		{[]string{"--quiet", "cat"}, "unknown flag --quiet", listed},
		{[]string{"-x", "cat"}, "unknown flag -x", listed},
		{[]string{"---port=1"}, "unknown flag ---port", "did you mean --port?"},
		{[]string{"--=1"}, "unknown flag --", listed},
		{[]string{"-=1"}, "unknown flag -", listed},
		{[]string{"--port"}, "--port needs a value", "write --port=N"},
		{[]string{"--header-ws"}, "--header-ws needs a value", "write --header-ws=LINE"},
		{[]string{"--port=", "cat"}, `--port: "" is not a whole number`, ""},
		{[]string{"--port", "--ssl", "cat"}, `--port: "--ssl" is not a whole number`, ""},
		{[]string{"--port=http", "cat"}, `--port: "http" is not a whole number`, ""},
		{[]string{"--closems=1.5", "cat"}, `--closems: "1.5" is not a whole number`, ""},
		{[]string{"--pingms=9223372036854775808", "cat"}, "--pingms: 9223372036854775808 is out of range", ""},
		{[]string{"--idletimeout=90", "cat"}, `--idletimeout: "90" is not a length of time`, "write it as 90s, 10m or 1h30m"},
		{[]string{"--maxsession=-1s", "cat"}, `--maxsession: -1s is negative`, "0 turns it off"},
		{[]string{"--maxsession=", "cat"}, `--maxsession: "" is not a length of time`, "write it as 90s, 10m or 1h30m"},
		{[]string{"--ssl=maybe", "cat"}, `--ssl: "maybe" is neither true nor false`, ""},
		{[]string{"--ssl=", "cat"}, `--ssl: "" is neither true nor false`, ""},
		{[]string{"--loglevel=loud", "cat"}, `--loglevel must be one of "debug","trace","access","info","error","fatal","none" but got "loud"`, ""},
		{[]string{"--logformat=xml", "cat"}, `--logformat must be one of "text","json" but got "xml"`, ""},
	} {
		_, err := parse(test.args)
		checkError(t, test.args, err, 64, test.err, test.hint)
	}
}

// checkError checks an error of a command line, its hint and its exit status.
func checkError(t *testing.T, args []string, err error, status int, message, advice string) {
	t.Helper()
	if err == nil {
		t.Errorf("%q: no error, want %s", args, message)
		return
	}
	got := hint.Of(err)
	if err.Error() != message || got != advice || exitStatus(err) != status {
		t.Errorf("%q:\n got %v (%s), status %d\nwant %s (%s), status %d",
			args, err, got, exitStatus(err), message, advice, status)
	}
}

// TestFlagNames holds every flag that a websocketd user brings along, and the
// new ones: a flag that is renamed or lost breaks somebody's command line.
func TestFlagNames(t *testing.T) {
	want := strings.Fields(`
		port address unixsocket ssl sslcert sslkey sslca redirport passenv binary passstderr reverselookup
		dir staticdir cgidir maxforks maxframesize closems pingms origin sameorigin header header-ws header-http
		devconsole loglevel version help license
		htpasswd authcmd
		trustproxy proxyprotocol basepath healthpath unixsocket-mode
		maxbuffered maxconns-per-ip handshakes-per-ip maxheaderbytes maxheadercount idletimeout maxsession once
		pty logformat man completion user group subprotocol`)
	parser, err := newParser(new(flags))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, flag := range parser.Model.Flags {
		got = append(got, flag.Name)
		if flag.Help == "" || flag.Group == nil {
			t.Errorf("--%s has no help text or no group", flag.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("flags:\n got %q\nwant %q", got, want)
	}
}

func TestReport(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("plain"), "wsd: error: plain\n"},
		{usage("", "no hint"), "wsd: error: no hint\n"},
		{usage("try it", "an error"), "wsd: error: an error\nwsd: hint: try it\n"},
		{hinted("\x1b[2Jé", "two\nlines\t%s", "\xff"), "wsd: error: two\\nlines\\t\uFFFD\nwsd: hint: \\x1b[2Jé\n"},
	} {
		var b bytes.Buffer
		if report(&b, test.err); b.String() != test.want {
			t.Errorf("%v:\n got %q\nwant %q", test.err, b.String(), test.want)
		}
	}
}
