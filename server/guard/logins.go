package guard

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
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
	// Challenge is the WWW-Authenticate header for Logins (RFC 7617 2, 2.1).
	Challenge = `Basic realm="wsd", charset="UTF-8"`
)

// LoginError is what is wrong with the user and password of a request.
type LoginError string

func (e LoginError) Error() string { return string(e) }

const (
	errLongPassword LoginError = "the password is longer than the 72 bytes that bcrypt takes"
	errNoLogin      LoginError = "there is no user and password, or no valid ones"
	errWrongLogin   LoginError = "wrong user or password"
)

var errTooManyLogins = errors.New("too many logins at once")

// Logins checks users and passwords against an htpasswd file. Its methods may be
// called concurrently.
type Logins struct {
	file    string
	log     *slog.Logger
	compare comparison
	// turns holds a token for each comparison that runs. A comparison is pure
	// computation: fewer run at once than there are processors, so that the
	// sessions go on however many logins come.
	turns chan struct{}

	current atomic.Pointer[passwords]
}

// NewLogins reads file. log gets a record of each Reload. The error has a
// *FileError and a hint.
func NewLogins(file string, log *slog.Logger) (*Logins, error) {
	l := &Logins{
		file: file, log: log, compare: bcrypt.CompareHashAndPassword,
		turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)),
	}
	p, err := readPasswords(file)
	if err != nil {
		return nil, err
	}
	l.current.Store(p)
	return l, nil
}

// Reload reads the file again and logs how that went. What was remembered of the
// old one is forgotten.
func (l *Logins) Reload() {
	p, err := readPasswords(l.file)
	if err != nil {
		l.log.Error("password file not read again, the old users stay", "error", err, "hint", hint.Of(err))
		return
	}
	l.current.Store(p)
	l.log.Info("password file read again", "file", l.file, "users", len(p.hashes))
}

// CheckAccess is called when the process may have given up a privilege since the file
// was read. It warns if the file can't be read again.
func (l *Logins) CheckAccess() {
	if info, err := os.Stat(l.file); err == nil && !info.Mode().IsRegular() {
		return // a pipe has been read, and opening it again would wait for somebody to write
	}
	f, err := os.Open(l.file)
	if err == nil {
		f.Close()
	} else if errors.Is(err, fs.ErrPermission) {
		l.log.Warn("the password file can't be read again: changing it will take a restart", "error", err, "hint", hintUnreadable)
	}
}

// Check returns nil if the user and the password match the file, and a LoginError
// if they do not. Any other error says that they could not be compared in time:
// too many others came at once, or ctx was done.
func (l *Logins) Check(ctx context.Context, user, password string) error {
	if l.Remembers(user, password) {
		return nil
	}
	if err := l.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-l.turns }()
	p := l.current.Load() // after the turn, since a reload may have come meanwhile
	this := p.login(user, password)
	if p.remembers(this) { // a page sends its requests at the same time
		return nil
	}
	if !p.matches(user, password, l.compare) {
		return errWrongLogin
	}
	p.remember(this)
	return nil
}

// Remembers reports whether a user and a password have been found right before,
// so that there is nothing to compare.
func (l *Logins) Remembers(user, password string) bool {
	p := l.current.Load()
	return p.remembers(p.login(user, password))
}

func (l *Logins) takeTurn(ctx context.Context) error {
	timer := time.NewTimer(loginPatience)
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

// Credentials are the user and the password of a request (RFC 7617 2). The error is
// a LoginError.
func Credentials(r *http.Request) (user, password string, err error) {
	user, password, ok := r.BasicAuth()
	switch {
	case !ok || len(r.Header["Authorization"]) > 1 || strings.ContainsFunc(user+password, unicode.IsControl):
		return "", "", errNoLogin
	case len(password) > maxPassword: // bcrypt would ignore the rest
		return "", "", errLongPassword
	}
	return user, password, nil
}
