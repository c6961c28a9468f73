package main

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"wsd/exec"
	"wsd/server"
	"wsd/server/certs"
)

// config makes the server's configuration, without its logger. environ is wsd's
// own environment. A command line that can't be right is a usageError; errors
// that depend on this machine's files come after all of those.
func (f *flags) config(environ []string) (server.Config, error) {
	env, err := passEnv(f.PassEnv, environ)
	if err != nil {
		return server.Config{}, err
	}
	cfg := server.Config{
		Env:                 env,
		PTY:                 f.PTY,
		Binary:              f.Binary,
		PassStderr:          f.PassStderr,
		DevConsole:          f.DevConsole,
		UnixSocket:          f.UnixSocket,
		Inherited:           f.Inherited,
		RedirectPort:        f.RedirPort,
		MaxForks:            max(f.MaxForks, 0), // negative is no limit, as in websocketd
		MaxMessage:          max(f.MaxFrameSize, 0),
		MaxBuffered:         f.MaxBuffered,
		MaxPerAddress:       f.MaxConnsPerIP,
		HandshakesPerMinute: f.HandshakesPerIP,
		MaxHeaderBytes:      f.MaxHeaderBytes,
		MaxHeaderCount:      f.MaxHeaderCount,
		IdleTimeout:         f.IdleTimeout,
		MaxSession:          f.MaxSession,
		Once:                f.Once,
		CloseDelay:          time.Duration(f.CloseMS) * time.Millisecond,
		PingPeriod:          time.Duration(f.PingMS) * time.Millisecond,
		SameOrigin:          f.SameOrigin,
		ReverseLookup:       f.ReverseLookup,
		Software:            "wsd/" + currentVersion(),
	}
	for _, step := range []func(*server.Config) error{
		f.checkBackend, f.setSubprotocols, f.checkNumbers, f.checkUser, f.setTLS,
		f.setListeners, f.setOrigins, f.setGuards, f.setHeaders, f.setProxying, f.setFolders, f.setCommand, f.findAuthCommand,
		f.setAccount,
	} {
		if err := step(&cfg); err != nil {
			return server.Config{}, err
		}
	}
	if f.account != nil {
		cfg.Env, err = passEnv(f.PassEnv, f.account.environ(environ))
	}
	return cfg, err
}

// checkBackend refuses flags about the backend that contradict each other.
func (f *flags) checkBackend(*server.Config) error {
	hasCommand := len(f.Command) > 0
	plain := f.StaticDir != "" || f.CGIDir != "" || f.DevConsole
	switch {
	case hasCommand && f.Command[0] == "":
		return usage("is the variable that should name it empty?", "the command's name is empty")
	case hasCommand && f.Dir != "":
		return usage("leave one of the two out", "--dir=%s and the command %q can't both be served", f.Dir, f.Command[0])
	case !hasCommand && f.Dir == "" && !plain:
		return usage("try: wsd --port=8080 COMMAND [ARG…]", "no command to serve, and no --dir")
	case f.PassStderr && f.Binary:
		return usage("--passstderr tags lines of text; leave one of the two out", "--passstderr can't be combined with --binary")
	case f.PTY && !exec.PTYSupported:
		return usage("leave --pty out; the backend is given pipes", "--pty: this platform has no pseudo-terminals")
	}
	return nil
}

// setSubprotocols splits --subprotocol; server.New checks the entries.
func (f *flags) setSubprotocols(cfg *server.Config) error {
	cfg.Subprotocols = splitList(f.Subprotocol)
	if f.Subprotocol != "" && len(cfg.Subprotocols) == 0 {
		return usage("leave --subprotocol out to take the client's first", "--subprotocol=%s names no subprotocol", f.Subprotocol)
	}
	return nil
}

func (f *flags) setTLS(cfg *server.Config) error {
	switch {
	case !f.SSL && (f.SSLCert != "" || f.SSLKey != "" || f.SSLCA != ""):
		return usage("add --ssl", "--sslcert, --sslkey and --sslca need --ssl")
	case f.SSLCert != "" && f.SSLKey == "":
		return usage("add --sslkey=FILE, or leave both out for a self-signed certificate", "--sslcert without --sslkey")
	case f.SSLKey != "" && f.SSLCert == "":
		return usage("add --sslcert=FILE, or leave both out for a self-signed certificate", "--sslkey without --sslcert")
	case f.SSL:
		cfg.TLS = &certs.Config{CertFile: f.SSLCert, KeyFile: f.SSLKey, ClientCA: f.SSLCA, CacheDir: cacheDir()}
	}
	return nil
}

// checkNumbers refuses negative and unusually large numbers. --maxforks and
// --maxframesize may be negative; setListeners checks the ports.
func (f *flags) checkNumbers(*server.Config) error {
	// Waits computed from these can't overflow a time.Duration.
	const maxMS = math.MaxInt32
	const minHeader, maxHeader = 1 << 10, 16 << 20
	if f.MaxHeaderBytes < minHeader {
		return usage("browsers send about 2000 bytes", "--maxheaderbytes=%d is less than %d", f.MaxHeaderBytes, minHeader)
	}
	for _, n := range []struct {
		name       string
		value, max int64
	}{
		{"closems", f.CloseMS, maxMS},
		{"pingms", f.PingMS, maxMS},
		{"maxbuffered", f.MaxBuffered, math.MaxInt64},
		{"maxconns-per-ip", int64(f.MaxConnsPerIP), math.MaxInt32},
		{"handshakes-per-ip", int64(f.HandshakesPerIP), math.MaxInt32},
		{"maxheaderbytes", int64(f.MaxHeaderBytes), maxHeader},
		{"maxheadercount", int64(f.MaxHeaderCount), math.MaxInt32},
	} {
		if n.value < 0 {
			return usage("0 turns it off", "--%s=%d is negative", n.name, n.value)
		}
		if n.value > n.max {
			return usage("", "--%s=%d is more than %d", n.name, n.value, n.max)
		}
	}
	return nil
}

func (f *flags) setFolders(cfg *server.Config) error {
	for _, folder := range []struct {
		flag, path string
		field      *string
	}{
		{"dir", f.Dir, &cfg.ScriptDir},
		{"staticdir", f.StaticDir, &cfg.StaticDir},
		{"cgidir", f.CGIDir, &cfg.CGIDir},
	} {
		if folder.path == "" {
			continue
		}
		abs, err := absFolder(folder.path)
		if err != nil {
			hint := ""
			if folder.flag == "dir" && errors.Is(err, errNoFolder) {
				hint = "to serve a single program, write it as the COMMAND, without --dir"
			}
			return hinted(hint, "--%s=%s: %w", folder.flag, folder.path, err)
		}
		*folder.field = abs
	}
	return nil
}

var errNoFolder = errors.New("it is not a folder")

// absFolder is the absolute path of a folder that exists.
func absFolder(path string) (string, error) {
	info, err := os.Stat(path)
	var at *fs.PathError
	switch {
	case errors.As(err, &at):
		return "", at.Err // the caller names the path
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", errNoFolder
	}
	return filepath.Abs(path)
}

// cacheDir is where the self-signed certificate is kept, or empty where there is
// no such place, as for a service without a home.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "wsd")
}
