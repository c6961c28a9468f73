//go:build unix

// Package docs_test follows the links of all pages, and runs the commands that
// README.md, CONTRIBUTING.md and the pages in this folder show. The blocks of a
// page run in their order, in one folder, as someone types them who reads along:
//
//   - "sh" are commands. Where the last of them is wsd with a listener, it serves
//     until the next such block or the page's end, at a free port instead of 8080
//     or 8443.
//   - "console" are commands behind "$ ", each with all that it prints, in which …
//     stands for anything. wscat is not run: the test's own client plays what its
//     window shows. Without a command, the last conversation goes on; "> ^C" ends it.
//   - "nginx" is part of a server { … } of nginx, which runs in front of wsd then.
//   - Other languages are text.
//
// <!-- tested by: FILE: WORDS --> above a block says that something else does what
// the block shows. The file must exist and have these words in it.
package docs_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

func TestMain(m *testing.M) { exectest.Main(m, nil) }

// A block is a fenced part of a page.
type block struct {
	line     int // of the fence
	language string
	text     string
	tested   string // FILE: WORDS, or empty
}

var (
	fence  = regexp.MustCompile("^```(.*)$")
	tested = regexp.MustCompile(`^<!-- tested by: (.*) -->$`)
	// shown are the languages of blocks that are no commands.
	shown = []string{"apache", "go", "js", "text"}
	// tools are what the commands need that not every machine has.
	tools = []string{"bash", "curl", "htpasswd", "nginx", "openssl", "python3"}
)

// blocks returns the blocks of a page. Code that is indented has no language, so
// nobody can tell whether it is a command: it fails the test.
func blocks(t *testing.T, page string) (found []block) {
	t.Helper()
	var open *block
	by, before := "", ""
	for i, line := range strings.Split(servertest.Read(t, page), "\n") {
		switch match := fence.FindStringSubmatch(line); {
		case match != nil && open == nil:
			open = &block{line: i + 1, language: match[1], tested: by}
		case match != nil:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "    ") && before == "":
			t.Errorf("%s:%d: indented code; use a fence with a language", page, i+1)
		}
		by = ""
		if match := tested.FindStringSubmatch(line); match != nil {
			by = match[1]
		}
		before = line
	}
	if open != nil {
		t.Errorf("%s:%d: the block has no end", page, open.line)
	}
	return found
}

// pages are those whose commands are run.
func pages(t *testing.T) []string {
	found, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(found, "../README.md", "../CONTRIBUTING.md")
}

// TestCommands runs the blocks of each page.
func TestCommands(t *testing.T) {
	for _, page := range pages(t) {
		found := blocks(t, page)
		t.Run(filepath.Join("docs", page), func(t *testing.T) {
			t.Parallel()
			r := newReader(t, page)
			r.need(found)
			for _, b := range found {
				r.block = b
				r.read()
			}
			r.stop()
		})
	}
}

// A reader follows one page.
type reader struct {
	t      *testing.T
	page   string
	block  block
	dir    string
	server *servertest.Process // that runs now, or nil
	port   string              // where it listens
	nginx  string              // where nginx does, in front of it
	client *servertest.Client  // the last one, or nil
	answer *http.Response      // to its handshake
}

func newReader(t *testing.T, page string) *reader {
	r := &reader{t: t, page: page, dir: servertest.Dir(t)}
	examples, err := filepath.Abs("../examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(r.dir, "examples")); err != nil {
		t.Fatal(err)
	}
	return r
}

// need skips the test where a tool is missing.
func (r *reader) need(found []block) {
	for _, tool := range tools {
		name := regexp.MustCompile(`\b` + tool + `\b`)
		if slices.ContainsFunc(found, func(b block) bool { return b.tested == "" && b.runs() && name.MatchString(b.language+" "+b.text) }) {
			servertest.Tool(r.t, tool)
		}
	}
}

func (b block) runs() bool {
	return b.language == "sh" || b.language == "console" || b.language == "nginx"
}

// read does what the block shows.
func (r *reader) read() {
	switch {
	case r.block.tested != "":
		r.checkTested()
	case r.block.language == "sh":
		r.runShell()
	case r.block.language == "console":
		r.runConsole()
	case r.block.language == "nginx":
		r.serveNginx()
	case !slices.Contains(shown, r.block.language):
		r.fatalf("a block of the language %q: is it to be run?", r.block.language)
	}
}

func (r *reader) fatalf(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("%s:%d: "+format, append([]any{r.page, r.block.line}, args...)...)
}

func (r *reader) checkTested() {
	file, words, ok := strings.Cut(r.block.tested, ": ")
	if !ok || words == "" {
		r.fatalf("tested by %q, which is not FILE: WORDS", r.block.tested)
	}
	if !strings.Contains(servertest.Read(r.t, filepath.Join("..", file)), words) {
		r.fatalf("%s does not contain %q", file, words)
	}
}

// listens finds the address in wsd's log, whose format a page may choose.
const listens = `listening"?[ ,]"?url"?[=:]"?https?://(127\.0\.0\.1:\d+)/`

// port finds the ports that pages name, and listener a command that listens there.
var (
	port     = regexp.MustCompile(`\b(8080|8443)\b`)
	listener = regexp.MustCompile(`^wsd .*-port[ =]`)
	address  = regexp.MustCompile(`-?-address[ =]\S+`)
)

// runShell runs commands, which must succeed, or starts a server.
func (r *reader) runShell() {
	text := strings.TrimSpace(strings.ReplaceAll(r.block.text, "\\\n", " "))
	i := strings.LastIndex(text, "\n") + 1
	if last := text[i:]; listener.MatchString(last) {
		r.serve(text[:i], last)
		return
	}
	r.run(text)
}

// serve starts the server that a block ends with, after the commands before it.
// It listens at a free port of 127.0.0.1.
func (r *reader) serve(before, wsd string) {
	r.stop()
	if strings.Contains(wsd, "/dev/ttyUSB0") {
		wsd = strings.ReplaceAll(wsd, "/dev/ttyUSB0", serialDevice(r.t))
	}
	wsd = port.ReplaceAllString(address.ReplaceAllString(wsd, ""), "0")
	wsd = "exec wsd --address=127.0.0.1 " + strings.TrimPrefix(wsd, "wsd ")
	r.server = servertest.Start(r.t, r.command("set -e\n"+before+wsd))
	_, r.port, _ = strings.Cut(r.server.Log.WaitText(r.t, 1, listens)[1], ":")
}

// stop ends the server as Ctrl-C does, which must be a clean end.
func (r *reader) stop() {
	r.t.Helper()
	if r.client != nil {
		r.client.Conn.Close()
	}
	if r.server != nil && r.server.Stop() != 0 {
		r.t.Errorf("%s:%d: the server before this ended with %v", r.page, r.block.line, r.server.Cmd.ProcessState)
	}
	r.server, r.client = nil, nil
}

// command runs a script in the page's folder, with wsd in its PATH.
func (r *reader) command(script string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "HOME="+r.dir, "XDG_CACHE_HOME="+r.dir,
		"PATH="+install(r.t)+":"+os.Getenv("PATH"))
	return cmd
}

// install returns the folder of the wsd that the pages run. It is made as README.md
// says of a checkout: by go install, once.
func install(t *testing.T) string {
	t.Helper()
	dir, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var installed = sync.OnceValues(func() (string, error) {
	self, err := os.Executable() // go test removes its folder
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "install", "./cmd/wsd")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "GOBIN="+filepath.Dir(self))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install: %w\n%s", err, out)
	}
	return filepath.Dir(self), nil
})

// run runs a script, which must succeed, and returns what it prints.
func (r *reader) run(script string) string {
	r.t.Helper()
	out, err := r.command("set -e\n" + port.ReplaceAllString(script, r.port)).CombinedOutput()
	if err != nil {
		r.fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// runConsole runs each command of a block and compares what it prints, or plays
// its conversation.
func (r *reader) runConsole() {
	for part := range strings.SplitSeq("\n"+r.block.text, "\n$ ") {
		command, want, _ := strings.Cut(part, "\n")
		switch {
		case command == "" && want == "": // before the first command
		case command == "" || strings.HasPrefix(command, "wscat "):
			if command != "" {
				r.connect(command)
			}
			r.talk(want)
		default:
			if got := r.run(command); !matches(want, got) {
				r.fatalf("%s prints\n%s, want\n%s", command, got, want)
			}
		}
	}
}

// matches reports whether got is want, in which … stands for anything in a line.
func matches(want, got string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimSpace(got))
}

// serialDevice is a terminal whose other end answers each line with "ok", as a
// device at a serial port would.
func serialDevice(t *testing.T) string {
	const plays = `
import os, tty
device, port = os.openpty()
tty.setraw(port)
print(os.ttyname(port), flush=True)
for line in os.fdopen(device, "rb", buffering=0):
    os.write(device, b"ok " + line)
`
	p := servertest.Start(t, exec.Command(servertest.Tool(t, "python3"), "-c", plays))
	return p.Log.WaitText(t, 1, `(/dev/\S+)\n`)[1]
}

// TestMakeRun does what README.md begins with, at another port, and once more at the
// same port.
func TestMakeRun(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: builds wsd")
	}
	cmd := exec.Command(servertest.Tool(t, "make"), "run", "ADDRESS=127.0.0.1", "PORT=0")
	cmd.Dir = ".."
	server := servertest.Start(t, cmd)
	address := server.Log.WaitText(t, 1, listens)[1]
	client := servertest.NewClient(t, servertest.Connect(t, address)).Upgrade("/")
	client.Want("What is your name?")
	client.Send("Ada")
	client.Want("Hello, Ada!")
	client.Leave()
	_, port, _ := net.SplitHostPort(address)
	servertest.Tool(t, "bash")
	again := exec.Command("make", "run", "--assume-old=build", "ADDRESS=127.0.0.1", "PORT="+port)
	again.Dir = ".."
	said, err := again.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "make run PORT=9000\n") {
		t.Errorf("%v: %s", err, said)
	}
}

// TestMakeTargets looks for each target that a page names.
func TestMakeTargets(t *testing.T) {
	makefile := servertest.Read(t, "../Makefile")
	for _, page := range append(pages(t), "../SECURITY.md") {
		for _, match := range regexp.MustCompile("(?m)(?:^|`)make ([a-z0-9]+)").FindAllStringSubmatch(servertest.Read(t, page), -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s: Makefile has no target %s", page, match[1])
			}
		}
	}
}
