package server

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// certVariables tell a program of the client's certificate (--sslca), as Apache's
// mod_ssl does: SSL_CLIENT_VERIFY is SUCCESS or NONE, and SSL_CLIENT_S_DN the
// subject. There are none without TLS.
func certVariables(state *tls.ConnectionState) []string {
	switch {
	case state == nil:
		return nil
	case len(state.VerifiedChains) == 0:
		return []string{"SSL_CLIENT_VERIFY=NONE"}
	}
	return []string{"SSL_CLIENT_VERIFY=SUCCESS", "SSL_CLIENT_S_DN=" + subjectText(state.VerifiedChains[0][0])}
}

// The names in a certificate, RFC 5280 4.1.2.4. A type that is called …SET is one
// of ASN.1's sets.
type (
	relativeNameSET []attribute
	attribute       struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
)

// subjectText is the certificate's subject in the form of RFC 2253, written as OpenSSL
// and so mod_ssl do: in ASCII, with control characters and all others as \XX, so
// that no name can break a line of an environment or a log. It is empty for a
// subject that can't be read.
func subjectText(cert *x509.Certificate) string {
	var names []relativeNameSET
	if rest, err := asn1.Unmarshal(cert.RawSubject, &names); err != nil || len(rest) > 0 {
		return ""
	}
	var parts []string
	for _, set := range slices.Backward(names) {
		var values []string
		for _, a := range slices.Backward(set) {
			values = append(values, a.String())
		}
		parts = append(parts, strings.Join(values, "+"))
	}
	return strings.Join(parts, ",")
}

// attributeNames are OpenSSL's short names. A type without one is written as
// its numbers, and its value as DER.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
	"2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "postalCode", "2.5.4.20": "telephoneNumber",
	"2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials", "2.5.4.44": "generationQualifier",
	"2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.3": "mail", "0.9.2342.19200300.100.1.25": "DC",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

func (a attribute) String() string {
	oid := a.Type.String()
	name, known := attributeNames[oid]
	text, ok := characters(a.Value)
	if !known || !ok {
		if !known {
			name = oid
		}
		return name + "=#" + strings.ToUpper(hex.EncodeToString(a.Value.FullBytes))
	}
	return name + "=" + escapeName(text)
}

// tagVisibleString is a tag of ASN.1 that package asn1 does not name.
const tagVisibleString = 26

// characters is the text of one of ASN.1's strings. Those that are not ASCII,
// UTF-8 or UTF-16 are Latin-1, as OpenSSL takes them.
func characters(v asn1.RawValue) (string, bool) {
	if v.Class != asn1.ClassUniversal || v.IsCompound {
		return "", false
	}
	switch v.Tag {
	case asn1.TagUTF8String:
		return string(v.Bytes), true
	case asn1.TagBMPString:
		var units []uint16
		for pair := range slices.Chunk(v.Bytes[:len(v.Bytes)&^1], 2) {
			units = append(units, binary.BigEndian.Uint16(pair))
		}
		return string(utf16.Decode(units)), true
	case asn1.TagPrintableString, asn1.TagIA5String, asn1.TagNumericString, asn1.TagT61String, tagVisibleString:
		var runes []rune
		for _, c := range v.Bytes {
			runes = append(runes, rune(c))
		}
		return string(runes), true
	}
	return "", false
}

// escapeName escapes an attribute's value (RFC 2253 2.4).
func escapeName(text string) string {
	var b strings.Builder
	for i, c := range []byte(text) {
		edge := i == 0 && (c == ' ' || c == '#') || i == len(text)-1 && c == ' '
		switch {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%02X`, c)
		case edge || strings.IndexByte(`,+"\<>;`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
