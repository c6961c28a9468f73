//go:build e2e && unix

package proxy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"
)

// A certificate is what a proxy shows to clients.
type certificate struct {
	chain, key, both string         // PEM files
	roots            *x509.CertPool // what a client trusts then
}

// makeCertificate makes a certificate for siteName, with its files in the stage's folder.
func (s *stage) makeCertificate(t *testing.T) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: siteName},
		DNSNames:              []string{siteName},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	c := certificate{
		chain: s.write(t, "fullchain.pem", chain),
		key:   s.write(t, "privkey.pem", private),
		both:  s.write(t, "haproxy.pem", slices.Concat(chain, private)),
		roots: x509.NewCertPool(),
	}
	c.roots.AppendCertsFromPEM(chain)
	return c
}
