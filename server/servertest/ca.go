package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A CA issues certificates that are good for a day.
type CA struct {
	Cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewCA returns an authority of this name.
func NewCA(t testing.TB, name string) *CA {
	t.Helper()
	template := certificate(t, name)
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	key := newKey(t)
	return &CA{sign(t, template, template, key, key), key}
}

// Issue returns a certificate, for localhost, these hosts and a client of this
// name, and its key, both as PEM.
func (ca *CA) Issue(t testing.TB, name string, hosts ...string) (cert, key string) {
	t.Helper()
	template, private := certificate(t, name), newKey(t)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.DNSNames = append(hosts, "localhost")
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return toPEM("CERTIFICATE", sign(t, template, ca.Cert, private, ca.key).Raw), toPEM("PRIVATE KEY", der)
}

// Install replaces cert.pem and key.pem in a folder with a new certificate and
// its key, and returns their paths.
func (ca *CA) Install(t testing.TB, dir, name string, hosts ...string) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert, key := ca.Issue(t, name, hosts...)
	Replace(t, certFile, cert)
	Replace(t, keyFile, key)
	return certFile, keyFile
}

// Certificate is what Issue returns, as a client or a server uses it.
func (ca *CA) Certificate(t testing.TB, name string) tls.Certificate {
	t.Helper()
	cert, key := ca.Issue(t, name)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// PEM is the authority's own certificate.
func (ca *CA) PEM() string { return toPEM("CERTIFICATE", ca.Cert.Raw) }

// Pool trusts the authority and nobody else.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}

// Trust is the configuration of a client that trusts a server's certificate for
// this host.
func (ca *CA) Trust(host string) *tls.Config {
	return &tls.Config{RootCAs: ca.Pool(), ServerName: host}
}

// TrustAny is the configuration of a client that trusts any certificate.
func TrustAny() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certificate(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
	}
}

func sign(t testing.TB, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func toPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
