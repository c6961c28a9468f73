package faults_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An authority issues certificates for localhost into two files.
type authority struct {
	t         *testing.T
	cert, key string
	issuer    *x509.Certificate
	private   *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	dir := t.TempDir()
	a := &authority{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	a.issuer = a.template("authority")
	a.issuer.IsCA, a.issuer.KeyUsage = true, x509.KeyUsageCertSign
	a.private = newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, a.issuer, a.issuer, a.private.Public(), a.private)
	if err != nil {
		t.Fatal(err)
	}
	if a.issuer, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.install(a.issue("first"))
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) template(name string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{"localhost"},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
	}
}

// issue makes a certificate and its key, in PEM.
func (a *authority) issue(name string) (cert, key []byte) {
	a.t.Helper()
	private := newKey(a.t)
	der, err := x509.CreateCertificate(rand.Reader, a.template(name), a.issuer, private.Public(), a.private)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// install replaces both files, each by renaming, as certificates are renewed.
func (a *authority) install(cert, key []byte) {
	a.t.Helper()
	a.replace(a.cert, cert)
	a.replace(a.key, key)
}

func (a *authority) replace(file string, text []byte) {
	a.t.Helper()
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		a.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		a.t.Fatal(err)
	}
}

// trust is a client's config that trusts the authority.
func (a *authority) trust() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.issuer)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}
