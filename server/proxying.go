package server

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"wsd/server/hint"
)

// checkProxying refuses what cfg can't mean about proxies, and brings BasePath
// into its normal form: without a slash at its end.
func checkProxying(cfg *Config) error {
	if cfg.ProxyProtocol && len(cfg.TrustProxies) == 0 && !cfg.TrustUnixPeers {
		return errors.New("the PROXY protocol needs a peer that is trusted")
	}
	if cfg.UnixSocketMode != 0 && !socketModes {
		return &hint.Error{
			Err:  errors.New("this platform's sockets have no mode"),
			Hint: "leave --unixsocket-mode out; the folder of the socket decides who may connect",
		}
	}
	if cfg.HealthPath != "" {
		if err := checkURLPath("the health path", cfg.HealthPath); err != nil {
			return err
		}
	}
	if cfg.BasePath != "" {
		if err := checkURLPath("the base path", cfg.BasePath); err != nil {
			return err
		}
		cfg.BasePath = strings.TrimSuffix(cfg.BasePath, "/")
	}
	return nil
}

// checkURLPath refuses a URL path of the configuration, called what, that could
// match no request. It stands for a decoded path.
func checkURLPath(what, path string) error {
	fail := func(fault, advice string) error {
		return &hint.Error{Err: fmt.Errorf("%s %q %s", what, path, fault), Hint: advice}
	}
	if !strings.HasPrefix(path, "/") {
		return fail("does not begin with a slash", "write it like /path")
	}
	if strings.ContainsAny(path, `?#%\`) || strings.ContainsFunc(path, unicode.IsControl) {
		return fail("has a character that no plain path has", `write it without ?, #, % and \, as it is when decoded`)
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(path[1:], "/"), "/") {
		if segment == "." || segment == ".." || segment == "" && path != "/" {
			return fail("has a segment that clients take out of a path", "write it without //, . and ..")
		}
	}
	return nil
}
