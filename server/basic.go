package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"golang.org/x/crypto/bcrypt"

	"wsd/server/hint"
)

const (
	// loginPatience is how long a login waits for its turn to be checked.
	loginPatience = 3 * time.Second
	// maxPassword is how much of a password bcrypt sees, in bytes.
	maxPassword = 72
	// challenge is the WWW-Authenticate of RFC 7617 2 and 2.1.
	challenge = `Basic realm="wsd", charset="UTF-8"`
)

var (
	errTooManyLogins = errors.New("too many logins at once")
	errLongPassword  = errors.New("the password is longer than 72 bytes, more than bcrypt sees")
	errNoLogin       = errors.New("there is no user and password, or no valid ones")
	errWrongLogin    = errors.New("wrong user or password")
)

// logins checks users and passwords against an htpasswd file. Its methods may be
// called concurrently.
type logins struct {
	file    string
	log     *slog.Logger
	compare comparison
	// turns holds a token for each comparison that runs. A comparison is nothing
	// but computing: there are fewer of them than processors, so that however many
	// logins come, the sessions go on.
	turns    chan struct{}
	patience time.Duration

	current atomic.Pointer[passwords]
}

// newLogins reads file. The error is a *FileError with a hint.
func newLogins(file string, log *slog.Logger) (*logins, error) {
	l := &logins{
		file: file, log: log, compare: bcrypt.CompareHashAndPassword, patience: loginPatience,
		turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)),
	}
	p, err := readPasswords(file)
	if err != nil {
		return nil, err
	}
	l.current.Store(p)
	return l, nil
}

// reload reads the file again and logs how that went. What was remembered of the
// old one is forgotten.
func (l *logins) reload() {
	p, err := readPasswords(l.file)
	if err != nil {
		l.log.Error("password file not read again, the old users stay", "error", err, "hint", hint.Of(err))
		return
	}
	l.current.Store(p)
	l.log.Info("password file read again", "file", l.file, "users", len(p.hashes))
}

// check returns nil for a user's password, and errWrongLogin, errTooManyLogins,
// or the error of ctx.
func (l *logins) check(ctx context.Context, user, password string) error {
	if l.remembers(user, password) {
		return nil
	}
	if err := l.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-l.turns }()
	p := l.current.Load() // after the turn, since a reload may have come meanwhile
	this := p.login(user, password)
	if p.remembers(this) { // a page's requests come side by side
		return nil
	}
	if !p.matches(user, password, l.compare) {
		return errWrongLogin
	}
	p.remember(this)
	return nil
}

// remembers reports whether a user and a password were right a while ago, so that
// there is nothing to compare.
func (l *logins) remembers(user, password string) bool {
	p := l.current.Load()
	return p.remembers(p.login(user, password))
}

func (l *logins) takeTurn(ctx context.Context) error {
	timer := time.NewTimer(l.patience)
	defer timer.Stop()
	select {
	case l.turns <- struct{}{}:
		return nil
	case <-timer.C:
		return errTooManyLogins
	case <-ctx.Done():
		return ctx.Err()
	}
}

// credentials are the user and the password of a request (RFC 7617 2).
func credentials(r *http.Request) (user, password string, err error) {
	user, password, ok := r.BasicAuth()
	switch {
	case !ok || len(r.Header["Authorization"]) > 1 || strings.ContainsFunc(user+password, unicode.IsControl):
		return "", "", errNoLogin
	case len(password) > maxPassword: // what bcrypt does not see would not matter
		return "", "", errLongPassword
	}
	return user, password, nil
}

// admitUser lets in who knows a password (--htpasswd). It answers a request that
// it refuses, and reports false.
func (s *Server) admitUser(w *response, r *httpRequest) bool {
	if s.logins == nil {
		return true
	}
	user, password, err := credentials(r.Request)
	if err == nil && !isUpgrade(r.Request) && !s.logins.remembers(user, password) && !s.withinRate(w, r) {
		return false // a guess by a plain request counts as one by a handshake
	}
	if err == nil {
		err = s.logins.check(r.Context(), user, password)
	}
	if err == nil {
		r.user = user
		return true
	}
	if r.Header["Authorization"] != nil { // browsers ask without first
		s.log.Info("login refused", append(r.client.Attrs(), "path", r.asked.Path, "err", err)...)
	}
	switch err {
	case errNoLogin, errLongPassword, errWrongLogin:
		w.Header().Set("WWW-Authenticate", challenge)
		refuse(w, http.StatusUnauthorized, "a user and a password are needed")
	default:
		refuseFor(w, http.StatusServiceUnavailable, retryAfter, "too many logins at once, try again later")
	}
	return false
}
