package guard

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"

	"wsd/server/hint"
)

const (
	// maxCost is the highest cost that htpasswd(1) takes. At that cost a
	// comparison takes seconds, and each step more doubles that.
	maxCost = 17
	// maxRemembered is how many logins are remembered at most.
	maxRemembered = 1000
)

// hintUnreadable is advice for a file that the system does not let be read.
const hintUnreadable = "the user that the server runs as must be able to read it"

// FileError is an error about a file that the configuration names, and not
// about the configuration itself.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// passwords are the users of an htpasswd file. What was read from it does not
// change; the methods may be called concurrently.
type passwords struct {
	hashes map[string][]byte // in bcrypt's text form
	cost   int               // the highest of all hashes

	key        [sha256.Size]byte // for the hashes in remembered; random
	mu         sync.Mutex
	remembered map[login]struct{}
}

// login is a user and a password as a keyed hash: a password must not stay in
// memory.
type login [sha256.Size]byte

// readPasswords reads an htpasswd file. The error has a *FileError and a hint.
func readPasswords(file string) (*passwords, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		advice := "{PasswordFile} takes the path of a file that htpasswd(1) has written"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			advice = "check the path, or make the file: htpasswd -B -c FILE USER"
		case errors.Is(err, fs.ErrPermission):
			advice = hintUnreadable
		}
		return nil, &hint.Error{Text: "reading the password file", Err: &FileError{err}, Hint: advice}
	}
	p, err := parsePasswords(data)
	if err != nil {
		return nil, &FileError{fmt.Errorf("password file %s: %w", file, err)}
	}
	rand.Read(p.key[:])
	return p, nil
}

// parsePasswords reads lines of USER:HASH. It ignores blank lines, comments, and
// what follows a second colon. The error has a hint; it quotes nothing from the
// file but a user's name, since a line may hold a password by mistake.
func parsePasswords(data []byte) (*passwords, error) {
	p := &passwords{hashes: make(map[string][]byte), remembered: make(map[login]struct{})}
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		number++
		text := strings.Trim(string(line), " \t\r\n")
		if text == "" || text[0] == '#' {
			continue
		}
		if err := p.add(text); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if len(p.hashes) == 0 {
		return nil, &hint.Error{Err: errors.New("it holds no user"), Hint: "add one: htpasswd -B FILE USER"}
	}
	return p, nil
}

// add adds the user of one line.
func (p *passwords) add(line string) error {
	user, rest, ok := strings.Cut(line, ":")
	text, _, _ := strings.Cut(rest, ":")
	_, twice := p.hashes[user]
	switch {
	case !ok || user == "":
		return &hint.Error{Err: errors.New("it is not USER:HASH"), Hint: "write it with: htpasswd -B FILE USER"}
	case !utf8.ValidString(user) || strings.ContainsFunc(user, unicode.IsControl):
		return &hint.Error{Err: errors.New("the user's name is not plain UTF-8 text"), Hint: "write the file in UTF-8"}
	case twice:
		return &hint.Error{Err: fmt.Errorf("the user %q appears twice", user), Hint: "leave one of the two out"}
	case !isBcrypt(text):
		return &hint.Error{
			Err:  fmt.Errorf("the password of %q is not a bcrypt hash", user),
			Hint: "only bcrypt is safe enough; write it again with: htpasswd -B FILE USER",
		}
	}
	cost, err := bcrypt.Cost([]byte(text))
	if err != nil || cost > maxCost {
		return &hint.Error{
			Err:  fmt.Errorf("the password of %q has a cost that is not between %d and %d", user, bcrypt.MinCost, maxCost),
			Hint: "each step doubles the time that a login takes; write it again with: htpasswd -B FILE USER",
		}
	}
	p.hashes[user] = []byte(text)
	p.cost = max(p.cost, cost)
	return nil
}

// bcryptText is the form of a hash: version, cost, 22 characters of salt and 31
// of hash. Version 2x is refused: it marks the hashes of a faulty implementation.
var bcryptText = regexp.MustCompile(`^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

func isBcrypt(text string) bool { return bcryptText.MatchString(text) }

// matches compares a password with the user's. An unknown user costs a comparison,
// too, at the highest cost in the file. Where all hashes have the same cost, the time
// that an answer takes thus gives away no user; where costs are mixed, it gives away
// those whose hash costs less than the highest.
func (p *passwords) matches(user, password string, compare comparison) bool {
	hash, known := p.hashes[user]
	if !known {
		hash = decoy(p.cost)
	}
	return compare(hash, []byte(password)) == nil && known
}

// comparison is bcrypt.CompareHashAndPassword: nil for the right password.
type comparison func(hash, password []byte) error

// decoy is a hash that costs as much to compare with as a real one.
func decoy(cost int) []byte {
	return fmt.Appendf(nil, "$2y$%02d$%053d", cost, 0)
}

// login is what a user and a password are remembered by. The colon is
// unambiguous: a user's name has none.
func (p *passwords) login(user, password string) (l login) {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write([]byte(user + ":" + password))
	mac.Sum(l[:0])
	return l
}

// remembers reports whether l was right before.
func (p *passwords) remembers(l login) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.remembered[l]
	return ok
}

// remember keeps l, which is right: a page of many requests then costs one
// comparison. When there are too many, it forgets an arbitrary one.
func (p *passwords) remember(l login) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for other := range p.remembered {
		if len(p.remembered) < maxRemembered {
			break
		}
		delete(p.remembered, other)
	}
	p.remembered[l] = struct{}{}
}
