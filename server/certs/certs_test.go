package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wsd/server/hint"
	"wsd/server/servertest"
)

// certFiles are the files of a Config, in one folder.
type certFiles struct{ dir, cert, key, ca string }

func newCertFiles(t *testing.T) certFiles {
	dir := t.TempDir()
	return certFiles{dir, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")}
}

// startFiles serves the certificate "first", signed by ca, from files.
func startFiles(t *testing.T, files certFiles, ca *servertest.CA, cfg Config) (*Store, string, *handClock, *logText) {
	t.Helper()
	ca.Install(t, files.dir, "first")
	cfg.CertFile, cfg.KeyFile = files.cert, files.key
	clock, log := newHandClock(), &logText{}
	certs, err := open(&cfg, nil, log.logger(), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return certs, serveTLS(t, certs), clock, log
}

// TestTLSWhileReading has files that take long to read: handshakes go on with what
// was good before.
func TestTLSWhileReading(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	certs, addr, clock, _ := startFiles(t, files, ca, Config{})
	certs.mu.Lock()
	defer certs.mu.Unlock()
	clock.advance(checkPeriod)
	wantServed(t, addr, ca.Trust("localhost"), "first")
}

func TestTLSReloadKeepsSession(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	certs, addr, clock, log := startFiles(t, files, ca, Config{})
	client := ca.Trust("localhost")
	old, err := dialTLS(t, addr, client)
	if err != nil {
		t.Fatal(err)
	}

	ca.Install(t, files.dir, "second")
	wantServed(t, addr, client, "first") // the files were looked at less than a second ago
	before := certs.latest()
	clock.advance(checkPeriod)
	wantServed(t, addr, client, "second")
	log.wantLines(t, 1, "level=INFO")
	if certs.latest() == before {
		t.Error("the config is still the one with the old certificate")
	}

	before = certs.latest()
	clock.advance(checkPeriod)
	if certs.latest() != before {
		t.Error("nothing changed, and the config did")
	}
	log.wantLines(t, 1, "")
	if err := tryEcho(old); err != nil {
		t.Errorf("the session from before the reload: %v", err)
	}
}

func TestTLSReloadOnSignal(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	certs, addr, _, log := startFiles(t, files, ca, Config{})
	ca.Install(t, files.dir, "second")
	certs.Reload()
	wantServed(t, addr, ca.Trust("localhost"), "second")
	servertest.Replace(t, files.key, "")
	certs.Reload()
	wantServed(t, addr, ca.Trust("localhost"), "second")
	log.wantLines(t, 1, "level=INFO")
	log.wantLines(t, 1, "level=ERROR")
}

// A file that can't be used is logged once, however many handshakes there are,
// and each repair is found.
func TestTLSBrokenFileStays(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	_, addr, clock, log := startFiles(t, files, ca, Config{})
	client := ca.Trust("localhost")
	certPEM, keyPEM := ca.Issue(t, "second")
	steps := []struct {
		name   string
		change func()
		served string
		errors int // logged so far
	}{
		{"half a file", func() { servertest.Replace(t, files.cert, certPEM[:len(certPEM)/2]) }, "first", 1},
		{"no file", func() { os.Remove(files.cert) }, "first", 2},
		{"a certificate without its key", func() { servertest.Replace(t, files.cert, certPEM) }, "first", 3},
		{"the key at last", func() { servertest.Replace(t, files.key, keyPEM) }, "second", 3},
		{"no certificate", func() { servertest.Replace(t, files.cert, keyPEM) }, "second", 4},
		{"the certificate again", func() { servertest.Replace(t, files.cert, certPEM) }, "second", 4},
	}
	for _, step := range steps {
		step.change()
		for range 3 {
			clock.advance(checkPeriod)
			wantServed(t, addr, client, step.served)
		}
		if got := len(log.with("level=ERROR")); got != step.errors {
			t.Fatalf("after %s: %d errors logged, want %d\n%s", step.name, got, step.errors, log.with(""))
		}
	}
	log.wantLines(t, 2, "level=INFO")
	log.wantLines(t, 4, "hint=")
}

// A reason that does not show in the file: the files are read again until they can
// be used, which is logged once for each reason and once when they can.
func TestTLSTriedAgain(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	servertest.Replace(t, files.ca, ca.PEM())
	for name, file := range map[string]string{"certificate": files.cert, "key": files.key, "CA": files.ca} {
		t.Run(name, func(t *testing.T) {
			certs, _, clock, log := startFiles(t, files, ca, Config{ClientCA: files.ca})
			old := certs.latest()
			good := servertest.Read(t, file)
			look := func(text string) {
				t.Helper()
				servertest.Replace(t, file, text)
				certs.seen = statAll(certs.files()) // as if it had been so before
				for range 3 {
					clock.advance(checkPeriod)
					certs.latest()
				}
			}
			look(good)
			log.wantLines(t, 0, "again")
			certs.failed = "too many open files"
			look("x")
			log.wantLines(t, 1, "level=ERROR")
			look("-----BEGIN NOTHING-----\n-----END NOTHING-----\n")
			log.wantLines(t, 2, "level=ERROR")
			if certs.latest() != old {
				t.Error("what could not be used is in use")
			}
			certs.Reload()
			log.wantLines(t, 3, "level=ERROR") // who asks gets an answer
			look(good)
			log.wantLines(t, 3, "level=ERROR")
			log.wantLines(t, 1, `msg="TLS files read again"`)
			if certs.latest() == old {
				t.Error("the files are good, and not in use")
			}
		})
	}
}

// Permissions count as a change, so that a file is tried once they fit.
func TestTLSPermissionsAreAChange(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	certs, _, clock, log := startFiles(t, files, ca, Config{})
	if err := os.Chmod(files.key, 0o400); err != nil {
		t.Fatal(err)
	}
	clock.advance(checkPeriod)
	certs.latest()
	log.wantLines(t, 1, `msg="TLS files read again"`)
}

func TestTLSResumption(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	_, addr, clock, _ := startFiles(t, files, ca, Config{})
	client := ca.Trust("localhost")
	client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for i, change := range []func(){
		func() {},
		func() {},
		func() { ca.Install(t, files.dir, "second"); clock.advance(checkPeriod) },
	} {
		change()
		conn, err := dialTLS(t, addr, client)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := conn.ConnectionState().DidResume, i > 0; got != want {
			t.Errorf("session %d: resumed %v, want %v", i, got, want)
		}
	}
}

func TestTLSClientCA(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	one, two := servertest.NewCA(t, "one"), servertest.NewCA(t, "two")
	servertest.Replace(t, files.ca, one.PEM())
	_, addr, clock, log := startFiles(t, files, ca, Config{ClientCA: files.ca})

	with := func(certs ...tls.Certificate) *tls.Config {
		config := ca.Trust("localhost")
		// Not Certificates: the client would hold back what the server does not ask for.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(certs) == 0 {
				return new(tls.Certificate), nil
			}
			return &certs[0], nil
		}
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		return config
	}
	none, byOne, byTwo := with(), with(one.Certificate(t, "client")), with(two.Certificate(t, "client"))
	check := func(who string, config *tls.Config, taken bool) {
		t.Helper()
		if _, err := dialTLS(t, addr, config); (err == nil) != taken {
			t.Errorf("%s: %v, want taken: %v", who, err, taken)
		}
	}
	check("no certificate", none, false)
	check("signed by one", byOne, true)
	check("signed by one, resumed", byOne, true)
	check("signed by two", byTwo, false)

	// The ticket that byOne now holds must not outlive its CA.
	servertest.Replace(t, files.ca, two.PEM())
	clock.advance(checkPeriod)
	check("signed by one, after the change", byOne, false)
	check("signed by two, after the change", byTwo, true)
	check("no certificate, after the change", none, false)

	servertest.Replace(t, files.ca, "no CA")
	clock.advance(checkPeriod)
	check("signed by two, after the CA broke", byTwo, true)
	check("no certificate, after the CA broke", none, false)
	log.wantLines(t, 1, "level=ERROR")
}

func TestTLSVersionAndProtocol(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	_, addr, _, _ := startFiles(t, files, ca, Config{})
	tests := []struct {
		name    string
		version uint16
		offered []string
		taken   bool
		proto   string
	}{
		{"TLS 1.1", tls.VersionTLS11, nil, false, ""},
		{"TLS 1.2", tls.VersionTLS12, nil, true, ""},
		{"TLS 1.3", tls.VersionTLS13, nil, true, ""},
		{"a browser", tls.VersionTLS13, []string{"h2", "http/1.1"}, true, "http/1.1"},
		{"HTTP/2 alone", tls.VersionTLS13, []string{"h2"}, false, ""},
	}
	for _, test := range tests {
		client := ca.Trust("localhost")
		client.MinVersion, client.MaxVersion, client.NextProtos = test.version, test.version, test.offered
		conn, err := dialTLS(t, addr, client)
		if (err == nil) != test.taken {
			t.Errorf("%s: %v, want taken: %v", test.name, err, test.taken)
		} else if got := conn.ConnectionState().NegotiatedProtocol; test.taken && got != test.proto {
			t.Errorf("%s: protocol %q, want %q", test.name, got, test.proto)
		}
	}
}

func TestTLSExpiredIsServedWithWarning(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	certs, _, clock, log := startFiles(t, files, ca, Config{})
	clock.advance(48 * time.Hour)
	certs.Reload()
	log.wantLines(t, 1, "level=WARN")
}

func TestTLSStartErrors(t *testing.T) {
	ca := servertest.NewCA(t, "ca")
	certPEM, keyPEM := ca.Issue(t, "good")
	_, otherKey := ca.Issue(t, "other")
	der, _ := pem.Decode([]byte(certPEM))
	block := func(kind, headers string) string {
		return "-----BEGIN " + kind + "-----\n" + headers + "AAAA\n-----END " + kind + "-----\n"
	}
	dir := t.TempDir()
	file := func(name, text string) string { return servertest.Write(t, filepath.Join(dir, name), text, 0o600) }
	cert, key := file("cert.pem", certPEM), file("key.pem", keyPEM)
	tests := []struct {
		name   string
		cfg    Config
		err    string // parts of the error, separated by |
		hinted string // part of the hint
	}{
		{"missing certificate", Config{CertFile: filepath.Join(dir, "none"), KeyFile: key}, "none", "{CertFile}"},
		{"missing key", Config{CertFile: cert, KeyFile: filepath.Join(dir, "none")}, "none", "{KeyFile}"},
		{"folder", Config{CertFile: dir, KeyFile: key}, dir, "PEM file"},
		{"DER", Config{CertFile: file("der", string(der.Bytes)), KeyFile: key}, "der is not a PEM file", "openssl"},
		{"empty", Config{CertFile: file("empty", ""), KeyFile: key}, "empty is not a PEM file", "BEGIN"},
		{"swapped", Config{CertFile: key, KeyFile: cert}, "key.pem holds no certificate", "swapped"},
		{"no key", Config{CertFile: cert, KeyFile: cert}, "cert.pem holds no private key", "private key"},
		{"another key", Config{CertFile: cert, KeyFile: file("other.pem", otherKey)},
			"cert.pem|other.pem|does not match", "made for"},
		{"bad certificate", Config{CertFile: file("bad.pem", block("CERTIFICATE", "")), KeyFile: key}, "bad.pem|key.pem", "certificate"},
		{"pass phrase", Config{CertFile: cert, KeyFile: file("phrase.pem", block("ENCRYPTED PRIVATE KEY", ""))},
			"phrase.pem|pass phrase", "openssl pkey"},
		{"old pass phrase", Config{CertFile: cert, KeyFile: file("old.pem", block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\n"))},
			"old.pem|pass phrase", "openssl pkey"},
		{"missing CA", Config{CertFile: cert, KeyFile: key, ClientCA: filepath.Join(dir, "none")}, "none", "{ClientCA}"},
		{"CA without a certificate", Config{CertFile: cert, KeyFile: key, ClientCA: key}, "key.pem holds no certificate", "CA"},
		{"bad CA", Config{CertFile: cert, KeyFile: key, ClientCA: file("badca.pem", certPEM+block("CERTIFICATE", ""))},
			"badca.pem|certificate 2", "whole"},
		{"bad CA beside a self-signed certificate", Config{ClientCA: key}, "key.pem holds no certificate", "CA"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(&test.cfg, nil, (&logText{}).logger())
			var hinted *hint.Error
			if !errors.As(err, &hinted) {
				t.Fatalf("got %v, want a hint.Error", err)
			}
			for part := range strings.SplitSeq(test.err, "|") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error %q does not say %q", err, part)
				}
			}
			if !strings.Contains(hinted.Hint, test.hinted) {
				t.Errorf("the hint %q does not say %q", hinted.Hint, test.hinted)
			}
		})
	}
}

func TestTLSUnreadableFile(t *testing.T) {
	ca, files := servertest.NewCA(t, "ca"), newCertFiles(t)
	ca.Install(t, files.dir, "first")
	if err := os.Chmod(files.key, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(files.key); err == nil {
		f.Close()
		t.Skip("file modes do not stop this user")
	}
	_, err := Open(&Config{CertFile: files.cert, KeyFile: files.key}, nil, (&logText{}).logger())
	var hinted *hint.Error
	if !errors.As(err, &hinted) || !strings.Contains(err.Error(), files.key) || !strings.Contains(hinted.Hint, "read") {
		t.Errorf("got %v, want a hint.Error that names %s", err, files.key)
	}
}

// A file with the certificate and the key in one, as other programs keep it.
func TestTLSOneFileForBoth(t *testing.T) {
	ca := servertest.NewCA(t, "ca")
	certPEM, keyPEM := ca.Issue(t, "both")
	both := filepath.Join(t.TempDir(), "both.pem")
	servertest.Replace(t, both, keyPEM+certPEM)
	certs, err := Open(&Config{CertFile: both, KeyFile: both}, nil, (&logText{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	wantServed(t, serveTLS(t, certs), ca.Trust("localhost"), "both")
}

func FuzzTLSFiles(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "pem")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if pair, err := readPair(file, file); (err == nil) != (pair.Leaf != nil) {
			t.Errorf("error %v with the certificate %v", err, pair.Leaf)
		}
		if pool, err := readClientCA(file); err == nil && pool.Equal(x509.NewCertPool()) {
			t.Error("a client CA without a certificate")
		}
	})
}
