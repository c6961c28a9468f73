package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/server/servertest"
)

// TestPrivileges starts wsd as root, and what it becomes is looked at by what
// its backends and the kernel say.
func TestPrivileges(t *testing.T) {
	if !isRoot() {
		t.Skip("only root can become another user") // .ci/run runs it as root
	}
	if testing.Short() {
		t.Skip("slow: it builds wsd anew")
	}
	for name, cgo := range map[string]string{"Go": "0", "C": "1"} { // whose setuid(2) it is
		t.Run(name, func(t *testing.T) {
			if cgo == "1" {
				servertest.Tool(t, "cc")
				if os.Getenv("CGO_ENABLED") == "0" {
					t.Skip("no cgo, as for a platform that cc does not know")
				}
			}
			wsd := servertest.BuildIn(t, servertest.Dir(t), "CGO_ENABLED="+cgo)
			t.Run("Dropped", func(t *testing.T) { testDropped(t, wsd) })
			t.Run("Groups", func(t *testing.T) { testGroups(t, wsd) })
		})
	}
	wsd := servertest.Public(t)
	t.Run("Socket", func(t *testing.T) { testGivenSocket(t, wsd) })
	t.Run("Key", func(t *testing.T) { testRootsKey(t, wsd) })
	t.Run("Passwords", func(t *testing.T) { testRootsPasswords(t, wsd) })
	t.Run("SelfSigned", func(t *testing.T) { testRootsCache(t, wsd) })
	t.Run("NotRootsCache", func(t *testing.T) { testNotRootsCache(t, wsd) })
	t.Run("NotRoot", func(t *testing.T) { testNotRoot(t, wsd) })
	t.Run("Ambient", func(t *testing.T) { testAmbient(t, wsd) })
	t.Run("OtherUser", func(t *testing.T) { testOtherUser(t, wsd) })
	t.Run("OutOfReach", func(t *testing.T) { testOutOfReach(t, wsd) })
	t.Run("Warning", func(t *testing.T) { testRootWarning(t, wsd) })
}

// nobody is a user that every Linux has.
func nobody(t *testing.T) (entry *user.User, uid, gid int) {
	t.Helper()
	entry, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ = strconv.Atoi(entry.Uid)
	gid, _ = strconv.Atoi(entry.Gid)
	return entry, uid, gid
}

// privilegedPort is a free port of 127.0.0.1 that takes root to listen on.
func privilegedPort(t *testing.T) string {
	t.Helper()
	for port := 80; port < 1024; port++ {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			l.Close()
			return strconv.Itoa(port)
		}
	}
	t.Fatal("no port below 1024 is free")
	return ""
}

// says returns the messages of a backend that speaks first, up to the close frame
// or to the message last.
func says(t *testing.T, c *servertest.Client, last string) (messages []string) {
	t.Helper()
	for {
		message, err := c.Read()
		if errors.As(err, new(servertest.CloseError)) {
			return messages
		}
		if err != nil {
			t.Fatalf("%v after %q", err, messages)
		}
		if messages = append(messages, message); message == last {
			return messages
		}
	}
}

// served is a wsd that listens, with these variables.
func served(t *testing.T, wsd string, env []string, args ...string) *servertest.Process {
	t.Helper()
	cmd := command(t, wsd, args...)
	cmd.Env = append(cmd.Env, env...)
	return servertest.Listen(t, cmd)
}

// command is servertest's Command of another wsd than servertest's own.
func command(t *testing.T, wsd string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := servertest.Command(t, args...)
	cmd.Path = wsd
	return cmd
}

// prober tells who it is, what it can read, and waits.
const prober = `id -u; id -ru; id -g; id -G; echo "$HOME $USER $LOGNAME"
cat "$1" 2>/dev/null || echo no secret
cat /proc/$PPID/environ 2>/dev/null || echo no look at wsd
ls /proc/$PPID/fd >/dev/null 2>&1 || echo no look at its files
kill -0 $PPID && echo same user
echo end; cat`

func testDropped(t *testing.T, wsd string) {
	entry, uid, gid := nobody(t)
	secret := servertest.Write(t, filepath.Join(servertest.Dir(t), "secret"), "secret\n", 0o600)
	p := served(t, wsd, []string{"HOME=/root", "USER=root", "LOGNAME=root"},
		"--address=127.0.0.1", "--port="+privilegedPort(t), "--user=nobody",
		"--passenv=PATH,HOME,USER,LOGNAME", "sh", "-c", prober, "sh", secret)
	id, group := strconv.Itoa(uid), strconv.Itoa(gid)
	want := []string{id, id, group, group, entry.HomeDir + " nobody nobody", "no secret", "no look at wsd", "no look at its files", "same user", "end"}
	c := p.Dial("/")
	if got := says(t, c, "end"); !slices.Equal(got, want) {
		t.Errorf("the backend says %q, want %q", got, want)
	}
	checkThreads(t, p.PID(), uid, gid)
	c.Leave()
	p.Shutdown()
	wantCalm(t, p)
	p.Log.Wait(t, "runs as", "user", "nobody", "uid", id)
}

// wantCalm wants a log without warnings.
func wantCalm(t *testing.T, p *servertest.Process) {
	t.Helper()
	if n := len(p.Log.All("", "level", "WARN")) + len(p.Log.All("", "level", "ERROR")); n > 0 {
		t.Errorf("%d warnings:\n%s", n, p.Log)
	}
}

// checkThreads looks at all four ids of every thread, and at its capabilities.
func checkThreads(t *testing.T, pid, uid, gid int) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) < 2 {
		t.Fatalf("threads: %q, %v", files, err)
	}
	for _, file := range files {
		status, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // it has ended meanwhile
		}
		for _, line := range []string{
			fmt.Sprintf("\nUid:\t%d\t%[1]d\t%[1]d\t%[1]d\n", uid),
			fmt.Sprintf("\nGid:\t%d\t%[1]d\t%[1]d\t%[1]d\n", gid),
			fmt.Sprintf("\nGroups:\t%d \n", gid),
			"\nCapPrm:\t0000000000000000\n",
			"\nCapEff:\t0000000000000000\n",
		} {
			if !strings.Contains(string(status), line) {
				t.Errorf("%s, %v: no %q in\n%s", file, err, line, status)
			}
		}
	}
}

// testGroups has a machine with one more user, who is in three groups.
func testGroups(t *testing.T, wsd string) {
	dir := servertest.Dir(t)
	if exec.Command("unshare", "--mount", "mount", "--bind", dir, dir).Run() != nil {
		servertest.Missing(t, "the right to mount")
	}
	for name, text := range map[string]string{
		"passwd": "root:x:0:0::/root:/bin/sh\nada:x:40001:40002::/home/ada:/bin/sh\n",
		"group":  "root:x:0:\nown:x:40002:\none:x:40003:bob,ada\ntwo:x:40004:ada\nnot:x:40005:bob\n",
	} {
		servertest.Write(t, filepath.Join(dir, name), text, 0o644)
	}
	for _, test := range []struct{ flags, want string }{
		{"--user=ada", "40001 40002 40002 40003 40004 /home/ada"},
		{"--user=ada:one", "40001 40003 40003 40004 /home/ada"},
		{"--user=ada --group=root", "40001 0 0 40003 40004 /home/ada"},
		{"--user=ada:5", "40001 5 5 40003 40004 /home/ada"},
		{"--user=40001", "40001 40002 40002 /home/ada"},
		{"--user=40001:two", "40001 40004 40004 /home/ada"},
		{"--user=7:8", "7 8 8"},
	} {
		cmd := exec.Command("/bin/sh", "-c", `mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group || exit 77
			exec "$2" --logformat=json --address=127.0.0.1:0 --passenv=PATH,HOME $3 sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME'`, "sh", dir, wsd, test.flags)
		cmd.Env = append(os.Environ(), "HOME=/root")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if got := says(t, servertest.Listen(t, cmd).Dial("/"), ""); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %q, want %s", test.flags, got, test.want)
		}
	}
}

// testGivenSocket has a folder of root, from which the user can't remove its
// socket, and one of its own.
func testGivenSocket(t *testing.T, wsd string) {
	_, uid, gid := nobody(t)
	for name, removes := range map[string]bool{"root's": false, "own": true} {
		dir := servertest.Dir(t)
		if removes {
			if err := os.Chown(dir, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, "s")
		for range 2 { // the second one finds what the first has left
			p := served(t, wsd, nil, "--address=127.0.0.1:0", "--unixsocket="+path, "--unixsocket-mode=0660", "--user=nobody", "cat")
			servertest.Connect(t, path).Close()
			p.Dial("/").Leave() // it has become nobody
			info, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if stat := info.Sys().(*syscall.Stat_t); int(stat.Uid) != uid || int(stat.Gid) != gid || info.Mode().Perm() != 0o660 {
				t.Errorf("%s folder: the socket is %v of %d:%d", name, info.Mode(), stat.Uid, stat.Gid)
			}
			p.Shutdown()
			wantCalm(t, p)
			if _, err := os.Lstat(path); os.IsNotExist(err) != removes {
				t.Errorf("%s folder: after the end: %v", name, err)
			}
		}
	}
}

// certificate is a PEM file with a key in a folder that only root may enter,
// as certbot has it. wsd makes one by itself.
func certificate(t *testing.T, wsd string) string {
	t.Helper()
	cache := t.TempDir()
	served(t, wsd, []string{"XDG_CACHE_HOME=" + cache}, "--address=127.0.0.1:0", "--ssl", "--devconsole").Shutdown()
	return filepath.Join(cache, "wsd", "selfsigned.pem")
}

// get makes a request by TLS on a connection of its own.
func get(t *testing.T, p *servertest.Process) {
	t.Helper()
	c := servertest.NewClient(t, tls.Client(servertest.Connect(t, p.Address()), servertest.TrustAny()))
	c.Get("/")
}

func testRootsKey(t *testing.T, wsd string) {
	file := certificate(t, wsd)
	p := served(t, wsd, nil, "--address=127.0.0.1:0", "--ssl", "--sslcert="+file, "--sslkey="+file, "--user=nobody", "--devconsole")
	get(t, p)
	p.Signal(syscall.SIGHUP)
	p.Log.Wait(t, "…TLS files not read again…", "level", "ERROR", "error", "…--sslcert…", "error", "…permission denied…", "hint", "…")
	get(t, p) // by the old ones
	p.Shutdown()
	if got := p.Log.All("…a TLS file can't be read again…", "level", "WARN", "error", "…permission denied…", "hint", "…the user that the server runs as…"); len(got) != 2 {
		t.Errorf("%d warnings, want one for the certificate and one for the key:\n%s", len(got), p.Log)
	}
}

// testRootsPasswords has a password file that the user can read, and one that only
// root can, which works but for its reload.
func testRootsPasswords(t *testing.T, wsd string) {
	file := filepath.Join(servertest.Dir(t), "users")
	for mode, warnings := range map[os.FileMode]int{0o644: 0, 0o600: 1} {
		os.Remove(file)
		servertest.Write(t, file, "ada:$2y$04$"+strings.Repeat("a", 53)+"\n", mode)
		p := served(t, wsd, nil, "--address=127.0.0.1:0", "--htpasswd="+file, "--user=nobody", "--devconsole")
		c := servertest.NewClient(t, servertest.Connect(t, p.Address()))
		if answer, _ := c.Get("/"); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("mode %v: answered %s", mode, answer.Status)
		}
		p.Shutdown()
		if got := p.Log.All("the password file can't be read again…", "level", "WARN", "error", "…permission denied…", "hint", "…the user that the server runs as…"); len(got) != warnings {
			t.Errorf("mode %v: %d warnings, want %d:\n%s", mode, len(got), warnings, p.Log)
		}
	}
}

// testRootsCache has a cache folder of root's: the certificate in it is as good
// as ever.
func testRootsCache(t *testing.T, wsd string) {
	file := certificate(t, wsd)
	before := servertest.Read(t, file)
	p := served(t, wsd, []string{"XDG_CACHE_HOME=" + filepath.Dir(filepath.Dir(file))}, "--address=127.0.0.1:0", "--ssl", "--user=nobody", "--devconsole")
	get(t, p)
	p.Signal(syscall.SIGHUP)
	p.Log.Wait(t, "…TLS files read again…")
	get(t, p)
	p.Shutdown()
	wantCalm(t, p)
	if servertest.Read(t, file) != before {
		t.Error("the certificate has changed")
	}
}

// testNotRootsCache has a cache folder in which somebody else has put a certificate.
func testNotRootsCache(t *testing.T, wsd string) {
	_, uid, gid := nobody(t)
	for _, path := range []string{"wsd/selfsigned.pem", "wsd"} {
		cache := filepath.Dir(filepath.Dir(certificate(t, wsd)))
		path = filepath.Join(cache, path)
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
		cmd := command(t, wsd, "--address=127.0.0.1:0", "--ssl", "--devconsole")
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+cache)
		p := servertest.Start(t, cmd)
		want := fmt.Sprintf("%s, belongs to another user, number %d\nwsd: hint: remove it", path, uid)
		if status, log := p.Wait(), p.Log.Text(); status != 1 || !strings.Contains(log, want) {
			t.Errorf("status %d, want 1 and %q\n%s", status, want, log)
		}
	}
}

// testNotRoot starts wsd as nobody, who may only stay so.
func testNotRoot(t *testing.T, wsd string) {
	_, uid, gid := nobody(t)
	unprivileged := func(args ...string) *exec.Cmd {
		cmd := command(t, wsd, append(args, "id", "-u")...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return cmd
	}
	p := servertest.Listen(t, unprivileged("--address=127.0.0.1:0", "--user=nobody"))
	if got := says(t, p.Dial("/"), ""); !slices.Equal(got, []string{strconv.Itoa(uid)}) {
		t.Errorf("the backend is %q", got)
	}
	for _, name := range []string{"root", "1:1", "nobody:0"} {
		out, err := unprivileged("--address=127.0.0.1:0", "--user="+name).CombinedOutput()
		want := "wsd: error: --user=" + name + ": only root can become another user\nwsd: hint: start wsd as root, "
		if err == nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// testAmbient starts wsd as systemd does with AmbientCapabilities: it may listen on a
// port of root's, and what it starts may not, from whichever thread.
func testAmbient(t *testing.T, wsd string) {
	_, uid, gid := nobody(t)
	port := privilegedPort(t)
	cmd := command(t, wsd, "--address=127.0.0.1:"+port, "grep", "^Cap[PEA]", "/proc/self/status")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
		AmbientCaps: []uintptr{unix.CAP_NET_BIND_SERVICE},
	}
	p := servertest.Listen(t, cmd)
	var clients []*servertest.Client
	for range 8 {
		clients = append(clients, p.Client())
	}
	for _, c := range clients {
		c.Write(servertest.Request("/"))
	}
	const none = ":\t0000000000000000"
	for _, c := range clients {
		if got := says(t, c.WantUpgraded(), ""); !slices.Equal(got, []string{"CapPrm" + none, "CapEff" + none, "CapAmb" + none}) {
			t.Errorf("the backend has %q", got)
		}
	}
}

// testOtherUser has a backend that becomes a user whom wsd may send no signal, as
// sudo does. It holds up neither its session, nor its place, nor wsd.
func testOtherUser(t *testing.T, wsd string) {
	become := filepath.Join(servertest.Dir(t), "setpriv")
	if out, err := exec.Command("install", "-m", "4755", servertest.Tool(t, "setpriv"), become).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := served(t, wsd, nil, "--address=127.0.0.1:0", "--user=nobody", "--maxforks=1",
		become, "--reuid=1", "--regid=1", "--clear-groups", "sh", "-c", "trap '' INT TERM HUP; echo $$; exec sleep 1000")
	for range 2 { // the second one has the place of the first
		c := p.Dial("/")
		line, err := c.Read()
		pid, _ := strconv.Atoi(line)
		if err != nil || pid == 0 {
			servertest.Missing(t, "a file system for programs that change their user")
		}
		t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
		c.Leave()
		p.Log.Wait(t, "DISCONNECT", "pid", line, "exit", "exit status unknown")
		if servertest.State(t, pid) == "Z" {
			t.Error("the backend has ended")
		}
	}
	if given := p.Log.All("the backend is given up, and still runs", "level", "WARN", "err", "…SIGKILL…"); len(given) != 2 {
		t.Errorf("%d warnings, want 2", len(given))
	}
	if status := p.Stop(); status != 0 { // though both still run
		t.Errorf("wsd ended with %d", status)
	}
}

// testOutOfReach has things to serve that root could.
func testOutOfReach(t *testing.T, wsd string) {
	dir := servertest.Dir(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"closed/open.sh": 0o755, "mine.sh": 0o700, "scripts/mine.sh": 0o700} {
		os.Mkdir(filepath.Dir(filepath.Join(dir, name)), 0o755)
		if err := os.Chmod(servertest.WriteScript(t, filepath.Join(dir, name), "cat"), mode); err != nil {
			t.Fatal(err)
		}
	}
	_, uid, gid := nobody(t)
	if err := os.Mkdir(filepath.Join(dir, "nobody's"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(dir, "nobody's"), uid, gid); err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{closed + "/open.sh", dir + "/mine.sh", "--dir=" + closed, "--staticdir=" + closed, "--cgidir=" + closed} {
		path := filepath.Join(dir, "nobody's", "s")
		p := servertest.Start(t, command(t, wsd, "--unixsocket="+path, "--user=nobody", arg))
		if status, log := p.Wait(), p.Log.Text(); status != 1 || !regexp.MustCompile(`\nwsd: error: as user nobody: .*permission denied\nwsd: hint: the user needs the right to execute`).MatchString(log) {
			t.Errorf("%s: status %d\n%s", arg, status, log)
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("%s: the socket is left behind: %v", arg, err)
		}
	}
	p := served(t, wsd, nil, "--address=127.0.0.1:0", "--user=nobody", "--dir="+dir+"/scripts")
	if got := says(t, p.Dial("/mine.sh"), ""); len(got) > 0 {
		t.Errorf("the backend says %q", got)
	}
	p.Log.WaitText(t, 1, "mine.sh: its user may not execute it: permission denied")
}

func testRootWarning(t *testing.T, wsd string) {
	for args, want := range map[string]int{
		"cat":               1,
		"--cgidir=.":        1,
		"--devconsole":      0, // runs nothing
		"--user=root cat":   0, // as it was asked for
		"--user=0:1 cat":    0,
		"--user=nobody cat": 0,
	} {
		p := served(t, wsd, nil, append([]string{"--address=127.0.0.1:0"}, strings.Fields(args)...)...)
		p.Shutdown()
		if n := len(p.Log.All("…backends run as root…", "level", "WARN", "hint", "…add --user=NAME…")); n != want {
			t.Errorf("wsd %s: %d warnings, want %d\n%s", args, n, want, p.Log)
		}
	}
}
