package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wsd/server/hint"
	"wsd/server/servertest"
)

// startSelfSigned makes the certificates of a server that starts now.
func startSelfSigned(t *testing.T, dir string, clock *handClock, names ...string) (*Store, *logText) {
	t.Helper()
	log := &logText{}
	certs, err := open(&Config{CacheDir: dir}, names, log.logger(), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return certs, log
}

// inUse is the fingerprint of the certificate that a handshake would be shown.
func inUse(c *Store) string { return fingerprint(c.latest().Certificates[0].Certificate[0]) }

// inFile is the fingerprint of the certificate in the cache folder dir.
func inFile(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, selfSignedFile)
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	return fingerprint(pair.Certificate[0])
}

func TestSelfSignedServes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "wsd")
	certs, log := startSelfSigned(t, dir, newHandClock(), "192.0.2.7", "Wsd.Example.")
	addr := serveTLS(t, certs)
	leaf := servedLeaf(t, addr, &tls.Config{InsecureSkipVerify: true})

	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	names := []string{"localhost", "127.0.0.1", "::1", "192.0.2.7", "wsd.example"}
	for _, name := range append(names, hostNames([]string{host})...) {
		if _, err := dialTLS(t, addr, &tls.Config{RootCAs: pool, ServerName: name}); err != nil {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if _, err := dialTLS(t, addr, &tls.Config{RootCAs: pool, ServerName: "other.example"}); err == nil {
		t.Error("it is good for a name it was not made for")
	}
	if leaf.IsCA || leaf.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("CA: %v, key: %v", leaf.IsCA, leaf.PublicKeyAlgorithm)
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 825*24*time.Hour || life < 800*24*time.Hour {
		t.Errorf("valid for %v", life)
	}

	log.wantLines(t, 1, `msg="self-signed certificate"`)
	line := strings.Join(log.with(`msg="self-signed certificate"`), "")
	for _, part := range []string{"level=INFO", fingerprint(leaf.Raw), filepath.Join(dir, selfSignedFile)} {
		if !strings.Contains(line, part) {
			t.Errorf("the log line %q does not say %q", line, part)
		}
	}
}

func TestFingerprint(t *testing.T) {
	const abc = "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD" // FIPS 180-2, B.1
	if got := fingerprint([]byte("abc")); got != abc {
		t.Errorf("got %s", got)
	}
}

func TestSelfSignedPersists(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wsd")
	clock := newHandClock()
	first, _ := startSelfSigned(t, dir, clock, "192.0.2.7")
	second, log := startSelfSigned(t, dir, clock, "192.0.2.7")
	third, _ := startSelfSigned(t, dir, clock)
	if inUse(second) != inUse(first) || inUse(third) != inUse(first) {
		t.Error("a new start has made a new certificate")
	}
	log.wantLines(t, 0, "making")
	log.wantLines(t, 1, inUse(first))
	clock.advance(checkPeriod)
	inUse(second)
	log.wantLines(t, 1, "") // the file it wrote itself is no change
}

func TestSelfSignedMadeAnew(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, file string, clock *handClock)
		names  []string
		reason string
	}{
		{"about to end", func(_ *testing.T, _ string, c *handClock) { c.advance(selfSignedLife - renewBefore + time.Minute) }, nil, "expires on"},
		{"ended", func(_ *testing.T, _ string, c *handClock) { c.advance(selfSignedLife + time.Minute) }, nil, "expires on"},
		{"not yet valid", func(_ *testing.T, _ string, c *handClock) { c.advance(-2 * clockSkew) }, nil, "not valid before"},
		{"garbage", func(t *testing.T, file string, _ *handClock) { servertest.Replace(t, file, "x") }, nil, "PEM data"},
		{"gone", func(t *testing.T, file string, _ *handClock) { os.Remove(file) }, nil, "not there"},
		{"another name", func(*testing.T, string, *handClock) {}, []string{"192.0.2.9"}, "does not cover 192.0.2.9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, clock := t.TempDir(), newHandClock()
			startSelfSigned(t, dir, clock, "192.0.2.7")
			first := inFile(t, dir)
			test.change(t, filepath.Join(dir, selfSignedFile), clock)
			second, log := startSelfSigned(t, dir, clock, test.names...)
			if inUse(second) == first {
				t.Error("still the old certificate")
			}
			if inFile(t, dir) != inUse(second) {
				t.Error("the new certificate is not in the file")
			}
			log.wantLines(t, 1, test.reason)
			log.wantLines(t, 0, "level=WARN")
		})
	}
}

// Servers that share the file but not the address do not take turns in
// replacing the certificate.
func TestSelfSignedKeepsOldNames(t *testing.T) {
	dir, clock := t.TempDir(), newHandClock()
	startSelfSigned(t, dir, clock, "192.0.2.7")
	second, _ := startSelfSigned(t, dir, clock, "192.0.2.9")
	third, log := startSelfSigned(t, dir, clock, "192.0.2.7")
	if inUse(second) != inUse(third) {
		t.Error("the certificate was replaced again")
	}
	log.wantLines(t, 0, "making")
}

func TestSelfSignedNamesAreBounded(t *testing.T) {
	dir, clock := t.TempDir(), newHandClock()
	var many []string
	for i := range maxNames {
		many = append(many, fmt.Sprintf("n%d.example", i))
	}
	startSelfSigned(t, dir, clock, many...)
	certs, _ := startSelfSigned(t, dir, clock, "new.example")
	names := namesOf(certs.latest().Certificates[0].Leaf)
	if len(names) > 10 || !slices.Contains(names, "new.example") {
		t.Errorf("it covers %q", names)
	}
}

func TestSelfSignedInMemory(t *testing.T) {
	notADir := filepath.Join(t.TempDir(), "file")
	servertest.Replace(t, notADir, "")
	for name, dir := range map[string]string{"no folder": "", "not writable": filepath.Join(notADir, "wsd")} {
		t.Run(name, func(t *testing.T) {
			clock := newHandClock()
			certs, log := startSelfSigned(t, dir, clock)
			log.wantLines(t, 1, "level=WARN")
			log.wantLines(t, 1, "accept it again after each start")
			first := inUse(certs)
			log.wantLines(t, 1, first)
			clock.advance(checkPeriod)
			certs.Reload()
			if inUse(certs) != first {
				t.Error("a reload has made a new certificate")
			}
			log.wantLines(t, 0, "level=ERROR")

			clock.advance(selfSignedLife)
			if inUse(certs) == first {
				t.Error("it is not replaced when it ends")
			}
		})
	}
}

// The cache file's fate while the server runs: what another server writes is
// taken over, a file that is gone or broken is logged once and written again by
// a reload.
func TestSelfSignedWhileRunning(t *testing.T) {
	dir, clock := t.TempDir(), newHandClock()
	file := filepath.Join(dir, selfSignedFile)
	certs, log := startSelfSigned(t, dir, clock)
	first := inUse(certs)
	check := func(what, want string, errors int) {
		t.Helper()
		for range 2 {
			clock.advance(checkPeriod)
			if inUse(certs) != want {
				t.Errorf("after %s: not the certificate that was to be served", what)
			}
		}
		if got := len(log.with("level=ERROR")); got != errors {
			t.Errorf("after %s: %d errors logged, want %d\n%s", what, got, errors, log.with(""))
		}
	}
	os.Remove(file)
	check("the removal", first, 1)
	certs.Reload()
	check("the reload", first, 1)
	if inFile(t, dir) != first {
		t.Error("the reload has not written the certificate again")
	}
	other, _ := startSelfSigned(t, dir, clock, "192.0.2.9")
	check("the start of another server", inUse(other), 1)
	if inUse(other) == first {
		t.Error("the other server has made no certificate")
	}
	servertest.Replace(t, file, "x")
	check("the damage", inUse(other), 2)
}

// A cache file that is gone must not keep a new client CA from being used.
func TestSelfSignedWithClientCA(t *testing.T) {
	one, two, files, clock := servertest.NewCA(t, "one"), servertest.NewCA(t, "two"), newCertFiles(t), newHandClock()
	servertest.Replace(t, files.ca, one.PEM())
	for name, dir := range map[string]string{"in memory": "", "in a file": t.TempDir()} {
		servertest.Replace(t, files.ca, one.PEM())
		certs, err := open(&Config{CacheDir: dir, ClientCA: files.ca}, nil, (&logText{}).logger(), clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		if dir != "" {
			os.Remove(filepath.Join(dir, selfSignedFile))
		}
		servertest.Replace(t, files.ca, two.PEM())
		clock.advance(checkPeriod)
		if got := certs.latest(); !got.ClientCAs.Equal(two.Pool()) || got.ClientAuth != tls.RequireAndVerifyClientCert {
			t.Errorf("%s: the new client CA is not in use", name)
		}
	}
}

// Servers that start at once in an empty folder end up with one certificate.
func TestSelfSignedConcurrentStarts(t *testing.T) {
	dir, clock := filepath.Join(t.TempDir(), "wsd"), newHandClock()
	servers := make([]*Store, 4)
	var starts sync.WaitGroup
	for i := range servers {
		starts.Go(func() {
			c, err := open(&Config{CacheDir: dir}, nil, (&logText{}).logger(), clock.Now)
			if err != nil {
				t.Errorf("server %d: %v", i, err)
			}
			servers[i] = c
		})
	}
	starts.Wait()
	if t.Failed() {
		return
	}
	clock.advance(checkPeriod)
	want := inFile(t, dir)
	for i, c := range servers {
		if inUse(c) != want {
			t.Errorf("server %d uses a certificate that is not the file's", i)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// The private key is nobody else's business. On Windows the modes say nothing.
func TestSelfSignedModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "wsd")
	startSelfSigned(t, dir, newHandClock())
	probe := filepath.Join(t.TempDir(), "probe")
	servertest.Replace(t, probe, "")
	if info, err := os.Stat(probe); err != nil || info.Mode().Perm() != 0o600 {
		t.Skip("this platform has no file modes")
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, selfSignedFile): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %v", path, info.Mode(), err, want)
		}
	}
}

// A key that somebody else may know or may have chosen is not used, neither at the
// start nor later, and is left as it is.
func TestSelfSignedNotPrivate(t *testing.T) {
	clock := newHandClock()
	dir := filepath.Join(t.TempDir(), "wsd")
	startSelfSigned(t, dir, clock)
	file := filepath.Join(dir, selfSignedFile)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Skip("this platform has no file modes")
	}
	for _, test := range []struct {
		path string
		mode os.FileMode
		err  string
	}{
		{file, 0o660, "0660"},
		{file, 0o602, "0602"},
		{file, 0o640, "0640"},
		{file, 0o604, "0604"},
		{dir, 0o770, "0770"},
		{dir, 0o707, "0707"},
	} {
		t.Run(test.err, func(t *testing.T) {
			good, err := os.Stat(test.path)
			if err != nil {
				t.Fatal(err)
			}
			certs, log := startSelfSigned(t, dir, clock)
			used := certs.latest()
			other, _ := startSelfSigned(t, filepath.Join(t.TempDir(), "other"), clock)
			before := servertest.Read(t, file)
			os.WriteFile(file, []byte(servertest.Read(t, other.self.file)), 0) // in place: the mode stays
			if err := os.Chmod(test.path, test.mode); err != nil {
				t.Fatal(err)
			}

			_, err = open(&Config{CacheDir: dir}, nil, (&logText{}).logger(), clock.Now)
			if err == nil || !strings.Contains(err.Error(), test.path) || !strings.Contains(err.Error(), test.err) || hint.Of(err) == "" {
				t.Errorf("at the start: %v, want a hint.Error that names %s and %s", err, test.path, test.err)
			}
			for range 3 {
				clock.advance(checkPeriod)
				if inUse(certs) != fingerprint(used.Certificates[0].Certificate[0]) {
					t.Error("it is used by a server that runs")
				}
			}
			log.wantLines(t, 1, "level=ERROR")
			certs.Reload()
			if inFile(t, dir) != inUse(other) {
				t.Error("a reload has replaced it")
			}
			log.wantLines(t, 2, "level=ERROR")
			log.wantLines(t, 2, "hint=")

			if err := os.Chmod(test.path, good.Mode()); err != nil {
				t.Fatal(err)
			}
			clock.advance(checkPeriod)
			if inUse(certs) != inUse(other) {
				t.Error("it is not used once it is private")
			}
			os.WriteFile(file, []byte(before), 0)
		})
	}
}

func TestHostNames(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"0.0.0.0 ::", ""},
		{"B.example. a.EXAMPLE b.example", "a.example b.example"},
		{"::ffff:192.0.2.1 192.0.2.1 fe80::1%eth0 2001:DB8:0::1", "192.0.2.1 2001:db8::1 fe80::1"},
		{"my_host -x a..b [::1] *.example höst x:1 a/b", "my_host"},
		{strings.Repeat("a", 64), ""},
	}
	for _, test := range tests {
		if got := strings.Join(hostNames(strings.Fields(test.in)), " "); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

// Whatever a machine is called, a certificate can be made for it.
func FuzzSelfSignedNames(f *testing.F) {
	for _, seed := range []string{"localhost", "fe80::1%eth0", "höst", "a..b", "-", "_", "0.0.0.0", "x.", strings.Repeat("a.", 126) + "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := newSelfSigned("", []string{name}, (&logText{}).logger(), time.Now)
		if err := s.renew(); err != nil {
			t.Fatalf("for %q: %v", name, err)
		}
		if s.due() {
			t.Errorf("the certificate for %q is to be replaced at once: %v", name, s.check(s.pair.Leaf))
		}
	})
}
