package guard

import (
	"slices"
	"strings"
	"testing"
)

// authEnviron is about what a backend gets: the client's headers, the operator's
// variables, the server's own.
var authEnviron = []string{"HTTP_HOST=a.example", "LANG=C", "SERVER_SOFTWARE=wsd", "UNIQUE_ID=1", "REMOTE_USER=", "AUTH_TYPE=", "REMOTE_ADDR=192.0.2.7"}

func TestAddVariables(t *testing.T) {
	before := slices.Clone(authEnviron)
	for output, want := range map[string][]string{
		"":                      nil,
		"REMOTE_USER=ada\n":     {"REMOTE_USER=ada"},
		"REMOTE_USER=ada":       {"REMOTE_USER=ada"},
		"REMOTE_USER=ada\r\n":   {"REMOTE_USER=ada"},
		"REMOTE_USER=\n":        {"REMOTE_USER="},
		"A=1\nB=2=3\n_c9= x \n": {"A=1", "B=2=3", "_c9= x "},
		"REMOTE_USER=ada\nAUTH_TYPE=Bearer\nTENANT=blue\n": {"REMOTE_USER=ada", "AUTH_TYPE=Bearer", "TENANT=blue"},
		"NAME=Zoë\tand\xff\n":                              {"NAME=Zoë\tand\xff"},
	} {
		env, err := addVariables(authEnviron, []byte(output))
		if err != nil {
			t.Errorf("%q: %v", output, err)
		}
		for _, kv := range want {
			if !slices.Contains(env, kv) {
				t.Errorf("%q: no %s in %q", output, kv, env)
			}
		}
		if !slices.Equal(authEnviron, before) {
			t.Fatalf("%q has changed the environment that was given: %q", output, authEnviron)
		}
	}
}

// No error tells a value, nor anything of a line that is no NAME=VALUE.
func TestAddVariablesErrors(t *testing.T) {
	for output, want := range map[string]string{
		"secret":                         "line 1 of its output is not NAME=VALUE",
		"A=1\n\nB=2":                     "line 2 of its output is not NAME=VALUE",
		"=secret":                        "line 1 of its output is not NAME=VALUE",
		" A=secret":                      "line 1 of its output is not NAME=VALUE",
		"A =secret":                      "line 1 of its output is not NAME=VALUE",
		"1A=secret":                      "line 1 of its output is not NAME=VALUE",
		"secret-name=secret":             "line 1 of its output is not NAME=VALUE",
		"BASH_FUNC_x%%=() { secret; }":   "line 1 of its output is not NAME=VALUE",
		"NÄME=secret":                    "line 1 of its output is not NAME=VALUE",
		"export A=secret":                "line 1 of its output is not NAME=VALUE",
		"A=1\nA=secret":                  "line 2 of its output sets A again",
		"A=1\na=secret":                  "line 2 of its output sets a again",
		"REMOTE_USER=a\nREMOTE_USER=b":   "line 2 of its output sets REMOTE_USER again",
		"A=sec\x00ret":                   "line 1 of its output sets A to a value with a control character",
		"A=sec\rret":                     "line 1 of its output sets A to a value with a control character",
		"A=\x1b[2J":                      "line 1 of its output sets A to a value with a control character",
		"LANG=secret":                    "line 1 of its output sets LANG, which it may not set", // the operator's
		"lang=secret":                    "line 1 of its output sets lang, which it may not set",
		"remote_user=secret":             "line 1 of its output sets remote_user, which it may not set",
		"REMOTE_ADDR=127.0.0.1":          "line 1 of its output sets REMOTE_ADDR, which it may not set",
		"HTTPS=on":                       "line 1 of its output sets HTTPS, which it may not set",
		"HTTP_PROXY=http://evil.example": "line 1 of its output sets HTTP_PROXY, which it may not set",
		"HTTP_COOKIE=secret":             "line 1 of its output sets HTTP_COOKIE, which it may not set",
		"SSL_CLIENT_S_DN=CN=root":        "line 1 of its output sets SSL_CLIENT_S_DN, which it may not set",
		"LD_PRELOAD=/tmp/x":              "line 1 of its output sets LD_PRELOAD, which it may not set",
		"ld_preload=/tmp/x":              "line 1 of its output sets ld_preload, which it may not set",
		"DYLD_INSERT_LIBRARIES=/tmp/x":   "line 1 of its output sets DYLD_INSERT_LIBRARIES, which it may not set",
		"PATH=/tmp":                      "line 1 of its output sets PATH, which it may not set",
		"BASH_ENV=/tmp/x":                "line 1 of its output sets BASH_ENV, which it may not set",
		"HOME=/tmp":                      "line 1 of its output sets HOME, which it may not set",
		"https_proxy=http://evil":        "line 1 of its output sets https_proxy, which it may not set",
		"GIT_SSH_COMMAND=/tmp/x":         "line 1 of its output sets GIT_SSH_COMMAND, which it may not set",
		"PYTHONPATH=/tmp":                "line 1 of its output sets PYTHONPATH, which it may not set",
		"PERL5OPT=-Mx":                   "line 1 of its output sets PERL5OPT, which it may not set",
		"NODE_OPTIONS=--require=x":       "line 1 of its output sets NODE_OPTIONS, which it may not set",
		"REQUEST_METHOD=POST":            "line 1 of its output sets REQUEST_METHOD, which it may not set",
	} {
		_, err := addVariables(authEnviron, []byte(output))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", output, err, want)
		}
	}
	// What a backend gets of the server may not be set, whatever it is.
	for _, kv := range authEnviron {
		name, _, _ := strings.Cut(kv, "=")
		_, err := addVariables(authEnviron, []byte(name+"=x"))
		if may := name == "REMOTE_USER" || name == "AUTH_TYPE"; (err == nil) != may {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAuthOutput holds that whatever the program prints, each variable is there
// once, on one line, and none but two of those before are changed.
func FuzzAuthOutput(f *testing.F) {
	for _, seed := range []string{
		"REMOTE_USER=ada\nTENANT=blue\n", "A=1\r\nB=2", "\n", "PATH=/tmp", "REMOTE_USER=a\nREMOTE_USER=b", "a=\x00", "ld_preload=x", "=",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		env, err := addVariables(authEnviron, output)
		if err != nil {
			for line := range strings.Lines(string(output)) {
				_, value, ok := strings.Cut(strings.TrimSpace(line), "=")
				if ok && len(value) > 20 && strings.Contains(err.Error(), value) {
					t.Errorf("the error tells a value: %v", err)
				}
			}
			return
		}
		seen := map[string]bool{}
		for i, kv := range env {
			name, _, ok := strings.Cut(kv, "=")
			upper := strings.ToUpper(name)
			if !ok || !isVariable(name) || seen[upper] || strings.ContainsAny(kv, "\r\n\x00") {
				t.Errorf("%q is no variable, or is there twice", kv)
			}
			seen[upper] = true
			if i < len(authEnviron) && kv != authEnviron[i] && name != "REMOTE_USER" && name != "AUTH_TYPE" {
				t.Errorf("%q has become %q", authEnviron[i], kv)
			}
			if i >= len(authEnviron) && (strings.HasPrefix(upper, "LD_") || strings.HasPrefix(upper, "HTTP_") || upper == "PATH") {
				t.Errorf("%q was set", kv)
			}
		}
	})
}
