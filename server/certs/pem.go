package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"wsd/server/hint"
)

// hintUnreadable is the advice for a file that the server is not permitted to
// read.
const hintUnreadable = "the user that the server runs as must be able to read it"

// readPair reads a certificate, with any intermediate ones after it, and its key.
func readPair(certFile, keyFile string) (tls.Certificate, error) {
	certPEM, err := readPEM(certFile, "{CertFile}")
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := readPEM(keyFile, "{KeyFile}")
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
			advice = "{CertFile} and {KeyFile} seem to be swapped"
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

// readClientCA reads every certificate in file. A bad one is an error.
func readClientCA(file string) (*x509.CertPool, error) {
	data, err := readPEM(file, "{ClientCA}")
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

// readPEM reads the file that a field of Config names, and makes sure that there
// is PEM in it.
func readPEM(file, field string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		advice := field + " takes the path of a PEM file"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			advice = "check the path given with " + field
		case errors.Is(err, fs.ErrPermission):
			advice = hintUnreadable
		}
		return nil, &hint.Error{Text: "reading the file of " + field, Err: err, Hint: advice}
	}
	if block, _ := pem.Decode(data); block == nil {
		return nil, &hint.Error{
			Err:  fmt.Errorf("%s is not a PEM file", file),
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

// isEncrypted recognises PKCS #8 (RFC 5958, section 3) and the older header of
// RFC 1421, section 4.6.1.1.
func isEncrypted(b *pem.Block) bool {
	return b.Type == "ENCRYPTED PRIVATE KEY" ||
		isKey(b) && strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")
}
