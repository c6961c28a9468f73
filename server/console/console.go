// Package console serves the page on which a person talks to a backend.
package console

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wsd/server/host"
)

// The page as it is written. index.html has placeholders for the style, the script
// and the facts of a server.
var (
	//go:embed index.html
	indexHTML string
	//go:embed style.css
	styleCSS string
	//go:embed script.js
	scriptJS string
)

// Facts are what the page has to know about its server.
type Facts struct {
	PassStderr bool  // both streams of the backend come, tagged as JSON
	Binary     bool  // messages are chunks of bytes, not lines
	PTY        bool  // the backend has a terminal, so it does not hold its output back
	MaxMessage int64 // the largest message that the server takes, in bytes; 0 means no limit
}

// Console answers plain requests with one page, which talks to the backend at the
// page's own URL, or at one of those that it offers. It does not change after New,
// so any number of requests may share it.
type Console struct {
	before, after string // the page, with style and script in it, around the list of backends
	policy        string // the Content-Security-Policy, up to the hosts of connect-src
}

// New puts the page together.
func New(facts Facts) *Console {
	page := strings.NewReplacer(
		"{{style}}", styleCSS,
		"{{script}}", scriptJS,
		"{{passStderr}}", strconv.FormatBool(facts.PassStderr),
		"{{binary}}", strconv.FormatBool(facts.Binary),
		"{{pty}}", strconv.FormatBool(facts.PTY),
		"{{maxMessage}}", strconv.FormatInt(facts.MaxMessage, 10),
	).Replace(indexHTML)
	// A checkout may have CRLF line ends. Browsers hash a script after turning
	// those into LF (HTML, "normalize newlines"), so the page has LF only.
	page = strings.ReplaceAll(page, "\r\n", "\n")
	before, after, _ := strings.Cut(page, "{{backends}}")
	return &Console{before: before, after: after, policy: pagePolicy(page)}
}

// Serve answers GET and HEAD for any path with the page. host is the host[:port]
// that the browser asked for, which a proxy may have changed on the way; it is
// as unchecked as a Host header. backends are the URL paths that the page offers to
// connect to, none if it is to offer its own alone.
func (c *Console) Serve(w http.ResponseWriter, r *http.Request, host string, backends []string) {
	header := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the console takes GET and HEAD only", http.StatusMethodNotAllowed)
		return
	}
	page := c.with(backends)
	sum := sha256.Sum256(page)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", c.policy+connectHosts(host))
	header.Set("X-Content-Type-Options", "nosniff")
	// The query may carry a token, which is nobody else's business.
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
}

// with returns the page that offers backends.
func (c *Console) with(backends []string) []byte {
	list := []byte("[]")
	if len(backends) > 0 {
		list, _ = json.Marshal(backends) // strings can always be marshalled
	}
	return []byte(c.before + html.EscapeString(string(list)) + c.after)
}

// pagePolicy is the Content-Security-Policy of page. It ends in connect-src, so
// that hosts can follow. Nothing runs but the page's own script, and in browsers
// that know trusted types that can't turn a message into markup. The only image
// is the page's icon, a data URL.
func pagePolicy(page string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + hashSource(page, "script"),
		"style-src " + hashSource(page, "style"),
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
		"connect-src 'self'",
	}, "; ")
}

// hashSource allows the content of the page's one element called name: a
// hash-source of CSP Level 3, section 2.3.1.
func hashSource(page, name string) string {
	_, rest, _ := strings.Cut(page, "<"+name+">")
	content, _, _ := strings.Cut(rest, "</"+name+">")
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// connectHosts is what connect-src allows besides 'self': WebSockets to the
// host[:port] that the browser asked for, with and without TLS. Older browsers
// don't count a WebSocket as 'self'. It is empty for a host that can't stand in a
// policy, whose grammar (CSP Level 3, section 2.3.1) has no brackets for an IPv6
// address and, in those browsers, no dot at the end; the page then has 'self'
// alone.
func connectHosts(asked string) string {
	name, port, _ := host.Split(asked)
	if name == "" || name[0] == '[' || strings.HasSuffix(name, ".") {
		return ""
	}
	at := host.Normal(name, port)
	return " ws://" + at + " wss://" + at
}
