package server

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"wsd/server/hint"
)

// checkPeriod is the shortest time between two looks at the files. A look is a
// few stat calls, made by the handshake that comes first after it.
const checkPeriod = time.Second

// certificates holds what the TLS listeners show and what they ask clients for.
// It reads its files again when reload is called and when a handshake finds
// them changed; sessions that are open keep what they began with. A file that
// can't be used is logged once for each change, and what was good before stays
// in use. It runs no goroutine, and its methods may be called concurrently.
type certificates struct {
	cfg   TLSConfig
	self  *selfSigned // nil when cfg names the files
	log   *slog.Logger
	now   func() time.Time
	outer *tls.Config // see config

	mu      sync.Mutex
	current *tls.Config
	seen    []os.FileInfo // of files(), as they were before they were read
	checked time.Time     // when seen was last compared
}

// newCertificates reads the files of cfg or, when it names none, reads or makes
// the self-signed certificate. names are the hosts and IP addresses that one
// must cover, besides localhost and the name of this machine. The error is a
// *hint.Error that names the file. log is not nil.
func newCertificates(cfg *TLSConfig, names []string, log *slog.Logger) (*certificates, error) {
	return newCertificatesAt(cfg, names, log, time.Now)
}

func newCertificatesAt(cfg *TLSConfig, names []string, log *slog.Logger, now func() time.Time) (*certificates, error) {
	c := &certificates{cfg: *cfg, log: log, now: now, checked: now()}
	if cfg.CertFile == "" && cfg.KeyFile == "" {
		c.self = newSelfSigned(cfg.CacheDir, names, log, now)
	}
	if err := c.load(true); err != nil {
		return nil, err
	}
	if c.self != nil {
		c.announce("self-signed certificate")
	}
	c.outer = tlsConfig()
	c.outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return c.latest(), nil
	}
	return c, nil
}

// tlsConfig is the part of a tls.Config that no file decides. http/1.1 is the
// only protocol because a WebSocket starts as an HTTP/1.1 upgrade (RFC 6455,
// section 4.1); HTTP/2 would need RFC 8441.
func tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}

// look finds out which files this process can still look at, when it may have
// given up a privilege since it read them: what is out of its sight from now on
// has not changed by that. A warning names those that it could not read again.
func (c *certificates) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = statAll(c.files())
	if c.self != nil {
		return // nobody renews that one
	}
	for _, file := range c.files() {
		f, err := os.Open(file)
		if err == nil {
			f.Close()
		} else if errors.Is(err, fs.ErrPermission) {
			c.log.Warn("a TLS file can't be read again: a new one takes a restart", "error", err, "hint", hintUnreadable)
		}
	}
}

// hintUnreadable is advice for a file that the system does not let be read.
const hintUnreadable = "the user who runs the server must be able to read it, with --user that one"

// config is for tls.NewListener. It is one and the same for all listeners and
// outlives every reload, since crypto/tls keeps the keys of session tickets in
// it. A ticket made before a reload thus still resumes, unless the client CA
// that vouched for it is gone: crypto/tls looks again at each resumption.
func (c *certificates) config() *tls.Config { return c.outer }

// reload reads all files again, changed or not, and logs how that went.
func (c *certificates) reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readAgain(true)
}

// latest returns what a handshake beginning now is to use: the same
// *tls.Config until something has changed.
func (c *certificates) latest() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.checked) < checkPeriod {
		return c.current
	}
	c.checked = now
	switch {
	case c.self != nil && c.self.due():
		c.readAgain(true)
	case c.changed():
		c.readAgain(false)
	}
	return c.current
}

// readAgain is load with its outcome logged. The caller holds c.mu.
func (c *certificates) readAgain(renew bool) {
	if err := c.load(renew); err != nil {
		args := []any{"error", err}
		if hinted := (*hint.Error)(nil); errors.As(err, &hinted) {
			args = append(args, "hint", hinted.Hint)
		}
		c.log.Error("TLS files not read again, the old ones stay in use", args...)
		return
	}
	c.announce("TLS files read again")
}

// load reads all files and, if every one is good, puts them to use. renew lets
// it make a self-signed certificate where none can be used. The caller holds
// c.mu, or is the only one to know c.
func (c *certificates) load(renew bool) error {
	if renew && c.self != nil {
		if err := c.self.renew(); err != nil {
			return err
		}
	}
	// Before the reading: what is written meanwhile is then seen as a change.
	c.seen = statAll(c.files())
	pair, pairErr := c.readCertificate(renew)
	if pair.Leaf == nil {
		return pairErr
	}
	next := tlsConfig()
	next.Certificates = []tls.Certificate{pair}
	if c.cfg.ClientCA != "" {
		pool, err := readClientCA(c.cfg.ClientCA)
		if err != nil {
			return err
		}
		next.ClientCAs, next.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	c.current = next
	return pairErr
}

// readCertificate returns no certificate or, if it is self-signed, the one in
// use together with an error: a cache file that is gone must not keep a new
// client CA from being used.
func (c *certificates) readCertificate(renewed bool) (tls.Certificate, error) {
	if c.self == nil {
		return readPair(c.cfg.CertFile, c.cfg.KeyFile)
	}
	pair, err := c.self.follow()
	if renewed {
		err = nil // written a moment ago, and at once replaced by a server with other names
	}
	return pair, err
}

// announce logs msg with what a person needs to recognise the certificate.
func (c *certificates) announce(msg string) {
	leaf := c.current.Certificates[0].Leaf
	args := []any{"sha256", fingerprint(leaf.Raw), "expires", leaf.NotAfter.Format(time.DateOnly)}
	if files := c.files(); len(files) > 0 {
		args = append(args, "files", strings.Join(files, " "))
	}
	c.log.Info(msg, args...)
	if c.now().After(leaf.NotAfter) {
		c.log.Warn("the certificate has expired: clients will refuse it")
	}
}

// files are the files that are watched.
func (c *certificates) files() []string {
	var files []string
	if c.self == nil {
		files = append(files, c.cfg.CertFile, c.cfg.KeyFile)
	} else if c.self.kept {
		files = append(files, c.self.file)
	}
	if c.cfg.ClientCA != "" {
		files = append(files, c.cfg.ClientCA)
	}
	return files
}

// changed says whether a file is not the one that was read last.
func (c *certificates) changed() bool {
	now := statAll(c.files())
	for i := range now {
		if !sameFile(now[i], c.seen[i]) {
			return true
		}
	}
	return false
}

// statAll returns nil for a file that can't be looked at.
func statAll(files []string) []os.FileInfo {
	infos := make([]os.FileInfo, len(files))
	for i, file := range files {
		if info, err := os.Stat(file); err == nil {
			infos[i] = info
		}
	}
	return infos
}

// sameFile says whether a and b are one file with, as far as stat can tell, one
// content. The time alone would miss a file moved here with an older time.
func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// fingerprint is the SHA-256 of a certificate in DER as browsers show it.
func fingerprint(der []byte) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(der)), " ", ":")
}

// readPair reads a certificate, with any intermediate ones after it, and its key.
func readPair(certFile, keyFile string) (tls.Certificate, error) {
	certPEM, err := readPEM(certFile, "--sslcert")
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := readPEM(keyFile, "--sslkey")
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := checkBlocks(certFile, certPEM, keyFile, keyPEM); err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return tls.Certificate{}, &hint.Error{
			Err:  fmt.Errorf("using certificate file %s with key file %s: %w", certFile, keyFile, err),
			Hint: "the key must be the one that the first certificate in the file was made for",
		}
	}
	return pair, nil
}

// checkBlocks looks for the commonest mistakes, to name them better than
// tls.X509KeyPair does.
func checkBlocks(certFile string, certPEM []byte, keyFile string, keyPEM []byte) error {
	if !hasBlock(certPEM, isCertificate) {
		advice := "name the PEM file that holds the certificate"
		if hasBlock(certPEM, isKey) {
			advice = "--sslcert and --sslkey seem to be swapped"
		}
		return &hint.Error{Err: fmt.Errorf("certificate file %s holds no certificate", certFile), Hint: advice}
	}
	if hasBlock(keyPEM, isEncrypted) {
		return &hint.Error{
			Err:  fmt.Errorf("key file %s is protected by a pass phrase", keyFile),
			Hint: "write the key without one, to a file that only the server can read: openssl pkey -in FILE -out NEWFILE",
		}
	}
	if !hasBlock(keyPEM, isKey) {
		return &hint.Error{
			Err:  fmt.Errorf("key file %s holds no private key", keyFile),
			Hint: "name the PEM file that holds the certificate's private key",
		}
	}
	return nil
}

// readClientCA reads every certificate of file and takes no bad one.
func readClientCA(file string) (*x509.CertPool, error) {
	data, err := readPEM(file, "--sslca")
	if err != nil {
		return nil, err
	}
	pool, count := x509.NewCertPool(), 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if !isCertificate(block) {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &hint.Error{
				Err:  fmt.Errorf("reading client CA file %s: certificate %d: %w", file, count+1, err),
				Hint: "every certificate in the file must be whole",
			}
		}
		pool.AddCert(cert)
		count++
	}
	if count == 0 {
		return nil, &hint.Error{
			Err:  fmt.Errorf("client CA file %s holds no certificate", file),
			Hint: "name the PEM file with the CA that signs the clients' certificates",
		}
	}
	return pool, nil
}

// readPEM reads the file that was given with flag and makes sure that there is
// any PEM in it.
func readPEM(file, flag string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		advice := flag + " takes the path of a PEM file"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			advice = "check the path given with " + flag
		case errors.Is(err, fs.ErrPermission):
			advice = hintUnreadable
		}
		return nil, &hint.Error{Err: fmt.Errorf("reading the file of %s: %w", flag, err), Hint: advice}
	}
	if block, _ := pem.Decode(data); block == nil {
		return nil, &hint.Error{
			Err:  fmt.Errorf("%s is no PEM file", file),
			Hint: "a PEM file is text with a line like -----BEGIN CERTIFICATE-----; openssl converts other forms",
		}
	}
	return data, nil
}

func hasBlock(data []byte, wanted func(*pem.Block) bool) bool {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if wanted(block) {
			return true
		}
	}
	return false
}

func isCertificate(b *pem.Block) bool { return b.Type == "CERTIFICATE" }

func isKey(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") }

// isEncrypted knows PKCS #8 (RFC 5958, section 3) and the older header of RFC
// 1421, section 4.6.1.1.
func isEncrypted(b *pem.Block) bool {
	return b.Type == "ENCRYPTED PRIVATE KEY" ||
		isKey(b) && strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")
}
