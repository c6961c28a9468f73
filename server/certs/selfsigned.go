package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wsd/server/hint"
	"wsd/server/host"
)

const (
	// selfSignedLife and clockSkew together stay below 825 days: Apple's systems
	// accept no server certificate that is valid for longer.
	selfSignedLife = 824 * 24 * time.Hour
	// clockSkew is how far a client's clock may be behind.
	clockSkew = time.Hour
	// renewBefore is how long before its end a certificate is replaced.
	renewBefore = 30 * 24 * time.Hour
	// maxNames is how many names a certificate may have when those of an older
	// one are carried over.
	maxNames = 100

	selfSignedFile = "selfsigned.pem"
)

// errNoCacheDir is the reason given when the config names no folder.
var errNoCacheDir = errors.New("no cache folder")

// selfSigned makes a certificate that signs itself and keeps it, with its key, in
// one PEM file, so that a browser in which a person has accepted it goes on
// accepting it. Several servers may share the file. Not for concurrent use.
type selfSigned struct {
	file  string   // "" without a cache folder
	names []string // to be covered; see hostNames
	log   *slog.Logger
	now   func() time.Time

	kept bool            // the file holds, or held, the certificate; false: in memory only
	pair tls.Certificate // the one in use
}

func newSelfSigned(dir string, names []string, log *slog.Logger, now func() time.Time) *selfSigned {
	s := &selfSigned{log: log, now: now}
	if dir != "" {
		s.file = filepath.Join(dir, selfSignedFile)
	}
	names = append([]string{"localhost", "127.0.0.1", "::1"}, names...)
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	s.names = hostNames(names)
	return s
}

// due reports whether the certificate in use should be replaced.
func (s *selfSigned) due() bool { return s.check(s.pair.Leaf) != nil }

// renew makes sure that there is a certificate to use: the one in the file, or
// else the one in use, or else a new one. One that is not in the file is written
// to it. A failure to write is a warning, not an error. A file that is not private
// is an error.
func (s *selfSigned) renew() error {
	found, why := s.read()
	if why == nil {
		s.pair, s.kept = found, true
		return nil
	}
	if errors.As(why, new(*hint.Error)) { // see checkPrivate
		return why
	}
	if errors.Is(why, fs.ErrPermission) && s.kept && !s.due() {
		return nil // it was readable before root was dropped, and will be at the next start
	}
	if s.pair.Leaf == nil || s.due() {
		s.log.Info("making a self-signed certificate", "reason", why)
		pair, err := s.generate(found.Leaf)
		if err != nil {
			return fmt.Errorf("making a self-signed certificate: %w", err)
		}
		s.pair = pair
	}
	err := s.write()
	if s.kept = err == nil; !s.kept {
		s.log.Warn("the self-signed certificate is in memory only: "+
			"browsers will have to accept it again after each start", "reason", err)
	}
	return nil
}

// follow returns the certificate to use. It is the file's, if that is good, even
// when this server has just written another: of several servers that start at
// once the last to write wins, and all end up using its certificate. The error
// says why a file that was good before no longer is; the certificate returned
// with it is the one in use.
func (s *selfSigned) follow() (tls.Certificate, error) {
	found, err := s.read()
	if err == nil {
		s.pair, s.kept = found, true
	}
	if !s.kept || errors.Is(err, fs.ErrPermission) { // the latter as in renew
		err = nil
	}
	return s.pair, err
}

// read returns the file's certificate. The error says why it is not to be used;
// its Leaf is then set if there is a certificate at all.
func (s *selfSigned) read() (tls.Certificate, error) {
	if s.file == "" {
		return tls.Certificate{}, errNoCacheDir
	}
	data, err := readPrivate(s.file)
	if errors.As(err, new(*hint.Error)) {
		return tls.Certificate{}, err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, fmt.Errorf("%s is not there", s.file)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading the old one: %w", err)
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading the old one: %s: %w", s.file, err)
	}
	return pair, s.check(pair.Leaf)
}

// readPrivate reads a file that nobody but root and this process's user can have
// written, replaced or read; another one is a *hint.Error. So does ssh(1): somebody else
// would know the key that the server then proves itself by, or have chosen it.
func readPrivate(file string) ([]byte, error) {
	const advice = "remove it, and a new one is made: only root and the user that the server runs as may "
	dir := filepath.Dir(file)
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if err := checkPrivate(info, 0o022); err != nil {
		return nil, &hint.Error{
			Err:  fmt.Errorf("the folder of the self-signed certificate, %s, %w", dir, err),
			Hint: advice + "write to this folder",
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := checkPrivate(info, 0o077); err != nil {
		return nil, &hint.Error{
			Err:  fmt.Errorf("the self-signed certificate with its key, %s, %w", file, err),
			Hint: advice + "read or write this file",
		}
	}
	return io.ReadAll(f)
}

// check returns the reason why leaf is not to be used, if there is one.
func (s *selfSigned) check(leaf *x509.Certificate) error {
	now := s.now()
	if now.Before(leaf.NotBefore) {
		return fmt.Errorf("the old one is not valid before %s", leaf.NotBefore.Format(time.DateOnly))
	}
	if now.Add(renewBefore).After(leaf.NotAfter) {
		return fmt.Errorf("the old one expires on %s", leaf.NotAfter.Format(time.DateOnly))
	}
	covered := namesOf(leaf)
	for _, name := range s.names {
		if !slices.Contains(covered, name) {
			return fmt.Errorf("the old one does not cover %s", name)
		}
	}
	return nil
}

// generate makes a certificate for s.names and for those of old, which may be
// nil: servers with different addresses that share the file would replace each
// other's certificate at every start if each covered only its own.
func (s *selfSigned) generate(old *x509.Certificate) (tls.Certificate, error) {
	names := s.names
	if old != nil {
		if all := hostNames(append(namesOf(old), names...)); len(all) <= maxNames {
			names = all
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := s.template(names)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// template is a server's certificate, not a CA's: accepting it, even by adding it
// to a trust store, must not let its key vouch for other hosts. The serial number
// is left to CreateCertificate, which chooses a random one.
func (s *selfSigned) template(names []string) *x509.Certificate {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localhost", Organization: []string{"wsd self-signed"}},
		NotBefore:             s.now().Add(-clockSkew),
		NotAfter:              s.now().Add(selfSignedLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return template
}

// write puts s.pair into the file in one step, so that no other server ever reads
// half of it. The key is readable by the owner alone from the first byte on:
// os.CreateTemp creates its file that way.
func (s *selfSigned) write() error {
	if s.file == "" {
		return errNoCacheDir
	}
	key, err := x509.MarshalPKCS8PrivateKey(s.pair.PrivateKey)
	if err != nil {
		return err
	}
	data := slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.pair.Leaf.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	dir := filepath.Dir(s.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+selfSignedFile+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// namesOf are the names that cert covers, in the form of hostNames.
func namesOf(cert *x509.Certificate) []string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return hostNames(names)
}

// hostNames returns the names that a certificate can carry, in one spelling,
// sorted and without duplicates. Others are left out: an address that stands for
// all interfaces, and a machine's name that is not a host name.
func hostNames(names []string) []string {
	var out []string
	for _, name := range names {
		if addr, err := netip.ParseAddr(name); err == nil {
			// A zone means something on one machine only (RFC 4007, section 6).
			if addr = addr.Unmap().WithZone(""); !addr.IsUnspecified() {
				out = append(out, addr.String())
			}
		} else if host.IsName(name) {
			out = append(out, strings.ToLower(strings.TrimSuffix(name, ".")))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
