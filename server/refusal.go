package server

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// refusal is the answer to a request that is not served. It does not change once it
// is made.
type refusal struct {
	status int
	text   string // a sentence for a person, without a full stop
	header map[string]string
}

// answer writes it to w.
func (no *refusal) answer(w http.ResponseWriter) {
	for name, value := range no.header {
		w.Header().Set(name, value)
	}
	http.Error(w, strconv.Itoa(no.status)+" "+http.StatusText(no.status)+": "+no.text, no.status)
}

// retryAfter is how long a client that found no free place is told to wait.
const retryAfter = 5 * time.Second

// later refuses a request with status 429 (RFC 6585 4) or 503, and says how long to
// wait, rounded up to whole seconds.
func later(status int, wait time.Duration, text string) *refusal {
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	return &refusal{status, text, map[string]string{"Retry-After": seconds}}
}

var (
	nothingHere  = &refusal{status: http.StatusNotFound, text: "there is nothing at this path"}
	shuttingDown = &refusal{status: http.StatusServiceUnavailable, text: "the server is shutting down"}
)
