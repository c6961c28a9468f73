package guard

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"wsd/server/hint"
)

// Hashes of the password "right" that htpasswd(1) has made with -B and -C.
const (
	right4 = "$2y$04$dpXIeUEbtaH2vK40Evw91.SP6RLdV5hzXBE9EXh4A5GMhyMv5j70K"
	right6 = "$2y$06$WZUKL7q4iWEG0dKXIjwbweIVROQWyBJeTNnK.L3DtzTb0KRDrpx4y"
)

// passwordFile is a file with this content.
func passwordFile(t testing.TB, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "passwords")
	replacePasswords(t, file, content)
	return file
}

func replacePasswords(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestParsePasswords(t *testing.T) {
	for name, tt := range map[string]struct {
		file  string
		users []string
	}{
		"one":                   {"ada:" + right4 + "\n", []string{"ada"}},
		"no newline":            {"ada:" + right4, []string{"ada"}},
		"CRLF":                  {"ada:" + right4 + "\r\n\r\nbob:" + right6 + "\r\n", []string{"ada", "bob"}},
		"blank lines, comments": {"\n \t\n# ada:" + right4 + "\n#\nbob:" + right4 + "\n\n", []string{"bob"}},
		"blanks around":         {"  ada:" + right4 + " \t\n", []string{"ada"}},
		"third field":           {"ada:" + right4 + ":Ada, of analytics\n", []string{"ada"}},
		"versions a and b":      {"a:$2a" + right4[3:] + "\nb:$2b" + right4[3:], []string{"a", "b"}},
		"blank in the name":     {"ada of london:" + right4, []string{"ada of london"}},
		"not ASCII":             {"zoë:" + right4, []string{"zoë"}},
		"byte order mark":       {"\ufeffada:" + right4, []string{"ada"}},
		"case":                  {"ada:" + right4 + "\nAda:" + right4, []string{"Ada", "ada"}},
	} {
		p, err := parsePasswords([]byte(tt.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var users []string
		for user, hash := range p.hashes {
			users = append(users, user)
			if compareErr := bcrypt.CompareHashAndPassword(hash, []byte("right")); compareErr != nil {
				t.Errorf("%s: %s: %v", name, user, compareErr)
			}
		}
		if slices.Sort(users); !slices.Equal(users, tt.users) {
			t.Errorf("%s: users %q, want %q", name, users, tt.users)
		}
	}
}

func TestParsePasswordsErrors(t *testing.T) {
	const again = "htpasswd -B FILE USER"
	for name, tt := range map[string]struct{ file, err, hint string }{
		"empty":            {"", "it holds no user", again},
		"comments only":    {"# nobody\n\n", "it holds no user", again},
		"no colon":         {"ada:" + right4 + "\nhunter2\n", "line 2: it is not USER:HASH", again},
		"no name":          {":" + right4, "line 1: it is not USER:HASH", again},
		"no hash":          {"ada:", `line 1: the password of "ada" is not a bcrypt hash`, again},
		"plain text":       {"ada:hunter2", `line 1: the password of "ada" is not a bcrypt hash`, again},
		"MD5":              {"ada:$apr1$TqI9WECO$LHZB2DqRlk9nObiB6vJG9.", `line 1: the password of "ada" is not a bcrypt hash`, again},
		"SHA-1":            {"ada:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", `line 1: the password of "ada" is not a bcrypt hash`, again},
		"crypt":            {"ada:rl0uE4Ee2qp6c", `line 1: the password of "ada" is not a bcrypt hash`, again},
		"SHA-512":          {"ada:$6$saltsalt$" + strings.Repeat("x", 86), `line 1: the password of "ada" is not a bcrypt hash`, again},
		"cut":              {"ada:" + right4[:59], `line 1: the password of "ada" is not a bcrypt hash`, again},
		"longer":           {"ada:" + right4 + "x", `line 1: the password of "ada" is not a bcrypt hash`, again},
		"faulty bcrypt":    {"ada:$2x" + right4[3:], `line 1: the password of "ada" is not a bcrypt hash`, again},
		"cost 3":           {"ada:$2y$03" + right4[6:], `line 1: the password of "ada" has a cost that is not between 4 and 17`, again},
		"cost 18":          {"ada:$2y$18" + right4[6:], `line 1: the password of "ada" has a cost that is not between 4 and 17`, again},
		"twice":            {"ada:" + right4 + "\nada:" + right6, `line 2: the user "ada" appears twice`, "leave one of the two out"},
		"not UTF-8":        {"zo\xeb:" + right4, "line 1: the user's name is not plain UTF-8 text", "write the file in UTF-8"},
		"control, no UTF8": {"a\x00b:" + right4, "line 1: the user's name is not plain UTF-8 text", "write the file in UTF-8"},
	} {
		_, err := parsePasswords([]byte(tt.file))
		if err == nil || err.Error() != tt.err || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("%s: %v, want %s with a hint like %s", name, err, tt.err, tt.hint)
		}
	}
}

// What can't be read is a FileError with a hint.
func TestPasswordFileErrors(t *testing.T) {
	folder := t.TempDir()
	for file, advice := range map[string]string{
		filepath.Join(folder, "none"): "check the path",
		folder:                        "takes the path of a file",
		passwordFile(t, "ada:plain"):  "only bcrypt",
		passwordFile(t, ""):           "add one",
	} {
		_, err := NewLogins(file, slog.New(slog.DiscardHandler))
		if !errors.As(err, new(*FileError)) || !strings.Contains(hint.Of(err), advice) {
			t.Errorf("%s: %v, want a hint with %q", file, err, advice)
			continue
		}
		if !strings.Contains(err.Error(), file) {
			t.Errorf("%v does not name %s", err, file)
		}
	}
}

// counting is bcrypt's comparison and what was asked of it.
type counting struct {
	costs []int
}

func (c *counting) compare(hash, password []byte) error {
	cost, err := bcrypt.Cost(hash)
	if err != nil {
		return err
	}
	c.costs = append(c.costs, cost)
	return bcrypt.CompareHashAndPassword(hash, password)
}

// Each login is one comparison. Where all hashes have one cost, whoever fails to log in
// has caused the same work, be the user known or not.
func TestPasswordWork(t *testing.T) {
	for name, tt := range map[string]struct {
		file, user, password string
		cost                 int
		want                 bool
	}{
		"right":                      {"ada:" + right4, "ada", "right", 4, true},
		"wrong":                      {"ada:" + right4, "ada", "wrong", 4, false},
		"unknown":                    {"ada:" + right4, "bob", "right", 4, false},
		"unknown, of mixed costs":    {"ada:" + right4 + "\nbob:" + right6, "eve", "right", 6, false},
		"wrong at the highest cost":  {"ada:" + right4 + "\nbob:" + right6, "bob", "wrong", 6, false},
		"wrong at a lower cost":      {"ada:" + right4 + "\nbob:" + right6, "ada", "wrong", 4, false},
		"right at a lower cost":      {"ada:" + right4 + "\nbob:" + right6, "ada", "right", 4, true},
		"no password":                {"ada:" + right4, "ada", "", 4, false},
		"no user":                    {"ada:" + right4, "", "right", 4, false},
		"another's password, longer": {"ada:" + right4, "ada", "right\x00right", 4, true}, // so credentials takes no control characters
	} {
		p, err := parsePasswords([]byte(tt.file))
		if err != nil {
			t.Fatal(err)
		}
		var c counting
		if got := p.matches(tt.user, tt.password, c.compare); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
		if !slices.Equal(c.costs, []int{tt.cost}) {
			t.Errorf("%s: compared at the costs %v, want %d", name, c.costs, tt.cost)
		}
	}
}

func TestDecoy(t *testing.T) {
	for cost := bcrypt.MinCost; cost <= maxCost; cost++ {
		if got, err := bcrypt.Cost(decoy(cost)); err != nil || got != cost || !isBcrypt(string(decoy(cost))) {
			t.Errorf("%s: cost %d, %v, want %d", decoy(cost), got, err, cost)
		}
	}
}

// What is remembered is bounded, and nobody else's.
func TestRememberedLogins(t *testing.T) {
	read := func() *passwords {
		p, err := readPasswords(passwordFile(t, "ada:"+right4))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p, other := read(), read()
	for i := range 3 * maxRemembered {
		l := p.login("user"+strconv.Itoa(i), "password")
		if p.remember(l); !p.remembers(l) {
			t.Fatalf("login %d is not remembered", i)
		}
	}
	if n := len(p.remembered); n != maxRemembered {
		t.Errorf("%d logins are remembered, want %d", n, maxRemembered)
	}
	again := p.login("a", "bc")
	if again != p.login("a", "bc") || again == p.login("ab", "c") || p.login("a", "b") == p.login("a", "B") {
		t.Error("logins are told apart wrongly")
	}
	if p.login("a", "b") == other.login("a", "b") {
		t.Error("two processes would know the same key")
	}
}

// FuzzPasswords holds that a file is taken as it is meant or refused with a hint,
// without a word of what may be a password.
func FuzzPasswords(f *testing.F) {
	for _, seed := range []string{
		"ada:" + right4 + "\nbob:" + right6 + "\n", "\r\n# c\r\nada:" + right4 + ":x\r\n", "ada:hunter2", "hunter2", ":", "\ufeff", "a\x00:b",
		"ada:$2y$99" + right4[6:], "ada:" + right4 + "\nada:" + right4,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePasswords(data)
		if err != nil {
			if hint.Of(err) == "" || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%q: %v", data, err)
			}
			for _, secret := range []string{"hunter2", "$2y$"} {
				if user, _, _ := strings.Cut(string(data), ":"); strings.Contains(err.Error(), secret) && !strings.Contains(user, secret) && bytes.Count(data, []byte(":")) == 1 {
					t.Errorf("the error tells the password: %v", err)
				}
			}
			return
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		if len(p.hashes) == 0 || len(p.hashes) > lines {
			t.Errorf("%d users in %d lines", len(p.hashes), lines)
		}
		for user, hash := range p.hashes {
			cost, err := bcrypt.Cost(hash)
			if user == "" || strings.ContainsAny(user, ":\r\n") || err != nil || cost > p.cost || !bytes.Contains(data, append([]byte(user+":"), hash...)) {
				t.Errorf("user %q with %q of cost %d, %v; the highest is %d", user, hash, cost, err, p.cost)
			}
		}
	})
}

// BenchmarkLogin is what a login costs: remembered, right, wrong, and unknown. The
// last two are the same.
func BenchmarkLogin(b *testing.B) {
	p, err := parsePasswords([]byte("ada:" + right4))
	if err != nil {
		b.Fatal(err)
	}
	p.remember(p.login("ada", "right"))
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			p.remembers(p.login("ada", "right"))
		}
	})
	for _, bb := range []struct{ name, user, password string }{
		{"right", "ada", "right"}, {"wrong", "ada", "wrong"}, {"unknown", "eve", "wrong"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				p.matches(bb.user, bb.password, bcrypt.CompareHashAndPassword)
			}
		})
	}
}
