// Package certs holds the certificates of a server: PEM files that are read
// again when they change, or a self-signed certificate that lasts from one
// start to the next, and the CA whose certificates clients must show.
package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wsd/server/hint"
)

// checkPeriod is the shortest time between two checks of the files. A check is a
// few stat calls, made by the first handshake after that time. After a failure it
// reads the files again.
const checkPeriod = time.Second

// Config says which certificate a server shows, and which it asks clients for.
type Config struct {
	// CertFile and KeyFile are PEM files. Both are empty for a self-signed
	// certificate, which is kept in CacheDir.
	CertFile, KeyFile string
	// ClientCA is a PEM file; a client must show a certificate that one of its
	// certificates signed. Empty asks for none.
	ClientCA string
	// CacheDir is the folder in which the self-signed certificate lasts from
	// one start to the next. Empty keeps it in memory only.
	CacheDir string
}

// Store holds what the TLS listeners show and what they ask clients for. It reads
// its files again when Reload is called and when a handshake finds them changed;
// open sessions keep what they began with. While a file can't be used, what was good
// before stays in use. That is logged once for each change and each new reason, and
// the files are read again until they can be used: not every reason shows in the
// file, such as a lack of descriptors. It runs no goroutine, and its methods may be
// called concurrently.
type Store struct {
	cfg   Config
	self  *selfSigned // nil when cfg names the files
	log   *slog.Logger
	now   func() time.Time
	outer *tls.Config // see TLS

	current atomic.Pointer[tls.Config]

	mu      sync.Mutex   // held while files are read, which may take long
	seen    []*fileState // of files(), as they were before they were read
	checked time.Time    // when seen was last compared
	failed  string       // why they could not be used then; "" when they could
}

// Open reads the files of cfg or, when it names none, reads or makes the
// self-signed certificate. names are the hosts and IP addresses that the latter
// must cover, besides localhost and the name of this machine. The error is a
// *hint.Error that names the file. log must not be nil.
func Open(cfg *Config, names []string, log *slog.Logger) (*Store, error) {
	return open(cfg, names, log, time.Now)
}

func open(cfg *Config, names []string, log *slog.Logger, now func() time.Time) (*Store, error) {
	s := &Store{cfg: *cfg, log: log, now: now, checked: now()}
	if cfg.CertFile == "" && cfg.KeyFile == "" {
		s.self = newSelfSigned(cfg.CacheDir, names, log, now)
	}
	if err := s.load(true); err != nil {
		return nil, err
	}
	if s.self != nil {
		s.announce("self-signed certificate")
	}
	s.outer = tlsConfig()
	s.outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return s.latest(), nil
	}
	return s, nil
}

// tlsConfig is the part of a tls.Config that no file decides. http/1.1 is the
// only protocol because a WebSocket starts as an HTTP/1.1 upgrade (RFC 6455,
// section 4.1); HTTP/2 would need RFC 8441.
func tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}

// CheckAccess is called when the process may have given up a privilege since the
// files were read: a file that can no longer be examined must not count as
// changed. A warning names each file that could not be read again.
func (s *Store) CheckAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = statAll(s.files())
	if s.self != nil {
		return // no operator replaces a self-signed one
	}
	for _, file := range s.files() {
		if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
			continue // a pipe has been read, and opening it again would wait for somebody to write
		}
		f, err := os.Open(file)
		if err == nil {
			f.Close()
		} else if errors.Is(err, fs.ErrPermission) {
			s.log.Warn("a TLS file can't be read again: replacing it will take a restart", "error", err, "hint", hintUnreadable)
		}
	}
}

// TLS is the configuration for tls.NewListener. All listeners share it and it
// outlives every reload, since crypto/tls keeps the keys of session tickets in
// it. A ticket made before a reload thus still resumes, unless the client CA that
// vouched for it is gone: crypto/tls checks that at each resumption.
func (s *Store) TLS() *tls.Config { return s.outer }

// Reload reads all files again, changed or not, and logs how that went.
func (s *Store) Reload() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = "" // whoever asks for it gets an answer
	s.readAgain(true)
}

// latest returns what a handshake that begins now uses: the same *tls.Config
// until something has changed. It does not wait while somebody else looks at the
// files: a file system that does not respond holds up one handshake, not all.
func (s *Store) latest() *tls.Config {
	if !s.mu.TryLock() {
		return s.current.Load()
	}
	defer s.mu.Unlock()
	now := s.now()
	if now.Sub(s.checked) < checkPeriod {
		return s.current.Load()
	}
	s.checked = now
	switch {
	case s.self != nil && s.self.due():
		s.readAgain(true)
	case s.changed():
		s.failed = ""
		s.readAgain(false)
	case s.failed != "":
		s.readAgain(false)
	}
	return s.current.Load()
}

// readAgain is load with its outcome logged, unless it fails as it did before. The
// caller holds s.mu.
func (s *Store) readAgain(renew bool) {
	err, before := s.load(renew), s.failed
	s.failed = ""
	if err == nil {
		s.announce("TLS files read again")
		return
	}
	if s.failed = err.Error(); s.failed == before {
		return
	}
	args := []any{"error", err}
	if advice := hint.Of(err); advice != "" {
		args = append(args, "hint", advice)
	}
	s.log.Error("TLS files not read again, the old ones stay in use", args...)
}

// load reads all files and, if every one is good, puts them to use. renew lets it
// make a self-signed certificate if there is no usable one. The caller holds
// s.mu, or nobody else has s yet.
func (s *Store) load(renew bool) error {
	if renew && s.self != nil {
		if err := s.self.renew(); err != nil {
			return err
		}
	}
	// Before reading, so that what is written meanwhile is seen as a change.
	s.seen = statAll(s.files())
	pair, pairErr := s.readCertificate(renew)
	if pair.Leaf == nil {
		return pairErr
	}
	next := tlsConfig()
	next.Certificates = []tls.Certificate{pair}
	if s.cfg.ClientCA != "" {
		pool, err := readClientCA(s.cfg.ClientCA)
		if err != nil {
			return err
		}
		next.ClientCAs, next.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	s.current.Store(next)
	return pairErr
}

// readCertificate returns the certificate to use. With an error it returns none
// or, if self-signed, the one in use: a missing cache file must not keep a new
// client CA from being used.
func (s *Store) readCertificate(renewed bool) (tls.Certificate, error) {
	if s.self == nil {
		return readPair(s.cfg.CertFile, s.cfg.KeyFile)
	}
	pair, err := s.self.follow()
	if renewed {
		err = nil // a server with other names may have replaced what renew has just written
	}
	return pair, err
}

// announce logs msg with what a person needs to recognise the certificate.
func (s *Store) announce(msg string) {
	leaf := s.current.Load().Certificates[0].Leaf
	args := []any{"sha256", fingerprint(leaf.Raw), "expires", leaf.NotAfter.Format(time.DateOnly)}
	if files := s.files(); len(files) > 0 {
		args = append(args, "files", strings.Join(files, " "))
	}
	s.log.Info(msg, args...)
	if s.now().After(leaf.NotAfter) {
		s.log.Warn("the certificate has expired: clients will refuse it")
	}
}

// files are the files that are watched.
func (s *Store) files() []string {
	var files []string
	if s.self == nil {
		files = append(files, s.cfg.CertFile, s.cfg.KeyFile)
	} else if s.self.kept {
		files = append(files, s.self.file)
	}
	if s.cfg.ClientCA != "" {
		files = append(files, s.cfg.ClientCA)
	}
	return files
}

// changed reports whether a file has changed since it was last read.
func (s *Store) changed() bool { return !slices.EqualFunc(s.seen, statAll(s.files()), sameFile) }

// statAll returns nil for a file that can't be examined.
func statAll(files []string) []*fileState {
	states := make([]*fileState, len(files))
	for i, file := range files {
		states[i] = stat(file)
	}
	return states
}

// sameFile reports whether a and b are the same file with, as far as stat can
// tell, the same content and permissions.
func sameFile(a, b *fileState) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.same(b)
}

// fingerprint is the SHA-256 of a certificate in DER as browsers show it.
func fingerprint(der []byte) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(der)), " ", ":")
}
