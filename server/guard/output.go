package guard

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// addVariables returns a copy of env with the variables that the program of a
// Command has printed, one NAME=VALUE per line. The error says what is wrong with
// the first bad line; it never quotes a value, nor anything of a line that has no
// name.
func addVariables(env []string, output []byte) ([]string, error) {
	env = slices.Clone(env)
	given := make(map[string]bool)
	number := 0
	for line := range bytes.Lines(output) {
		number++
		text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		name, _, ok := strings.Cut(text, "=")
		upper := strings.ToUpper(name)
		switch {
		case !ok || !isVariable(name):
			return nil, fmt.Errorf("line %d of its output is not NAME=VALUE", number)
		case given[upper]:
			return nil, fmt.Errorf("line %d of its output sets %s again", number, name)
		case isReserved(env, name):
			return nil, fmt.Errorf("line %d of its output sets %s, which it may not set", number, name)
		case strings.ContainsFunc(text, isControl):
			return nil, fmt.Errorf("line %d of its output sets %s to a value with a control character", number, name)
		}
		given[upper] = true
		env = setVariable(env, text)
	}
	return env, nil
}

// isVariable reports whether name is one that any shell accepts: a POSIX name, in
// either case.
func isVariable(name string) bool {
	for i, c := range []byte(name) {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '_':
		case i > 0 && '0' <= c && c <= '9':
		default:
			return false
		}
	}
	return name != ""
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// replaceable are the variables that say who the client is. The server sets them,
// and the program may replace them.
var replaceable = []string{"REMOTE_USER", "AUTH_TYPE"}

// reserved and reservedPrefixes are the variables that only the server may set,
// whether or not it has, and the known ones that tell a program what code to run or
// where its configuration is: a line that a client has smuggled into the output
// must not do that.
var (
	reserved = []string{
		"PATH", "HTTPS", "SCRIPT_FILENAME", "DOCUMENT_ROOT", "IFS", "ENV", "SHELLOPTS", "PS4", "GCONV_PATH", "NODE_OPTIONS", "NODE_PATH",
		"RUBYOPT", "RUBYLIB", "CLASSPATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "PHPRC", "PHP_INI_SCAN_DIR",
		"HOME", "ZDOTDIR", "FPATH", "AWKPATH", "AWKLIBPATH", "TCLLIBPATH", "R_PROFILE_USER", "MONO_PATH", "CAML_LD_LIBRARY_PATH",
		"ALL_PROXY", "HTTPS_PROXY", "PATHEXT", "COMSPEC", "SYSTEMROOT", "WINDIR",
	}
	reservedPrefixes = []string{
		"HTTP_", "SSL_", "SERVER_", "REQUEST_", "LD_", "DYLD_", "BASH", "PYTHON", "PERL", "LUA_", "GLIBC_", "MALLOC_", "OPENSSL_", "ERL_",
		"GEM_", "BUNDLE_", "DOTNET_", "CORECLR_", "COR_", "JULIA_", "GUILE_", "GIT_", "XDG_",
	}
)

// isReserved reports whether the program must not set name, in upper or lower
// case, since Windows ignores case. Everything in env is the server's or the
// operator's.
func isReserved(env []string, name string) bool {
	if slices.Contains(replaceable, name) {
		return false
	}
	name = strings.ToUpper(name)
	set := func(kv string) bool { return strings.HasPrefix(strings.ToUpper(kv), name+"=") }
	prefixed := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return slices.Contains(reserved, name) || slices.ContainsFunc(reservedPrefixes, prefixed) || slices.ContainsFunc(env, set)
}

// setVariable replaces the variable of the same name with kv, or appends kv.
func setVariable(env []string, kv string) []string {
	name, _, _ := strings.Cut(kv, "=")
	for i := range env {
		if strings.HasPrefix(env[i], name+"=") {
			env[i] = kv
			return env
		}
	}
	return append(env, kv)
}
