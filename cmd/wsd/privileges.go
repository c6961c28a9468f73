package main

import (
	"fmt"
	"os"

	"wsd/exec"
	"wsd/server"
)

// unprivileged becomes the user of --user, for good, and makes sure that this user
// can reach what is to be served. It is called once wsd listens and before it
// serves anybody. Without --user nothing changes, and root gets a warning.
func (f *flags) unprivileged(cfg *server.Config) error {
	if f.account == nil {
		if isRoot() && (cfg.Command != nil || cfg.ScriptDir != "" || cfg.CGIDir != "") {
			cfg.Log.Warn("backends run as root, and so does wsd",
				"hint", "add --user=NAME, such as --user=nobody, or start wsd as another user")
		}
		return nil
	}
	if err := f.account.become(); err != nil {
		return err
	}
	cfg.Log.Info("runs as", "user", f.account.name, "uid", f.account.uid, "gid", f.account.gid,
		"groups", fmt.Sprint(f.account.groups))
	return f.account.checkAccess(cfg)
}

// checkAccess reports what is to be served but is out of the user's reach. It is
// called as that user.
func (a *account) checkAccess(cfg *server.Config) error {
	const hint = "the user needs the right to execute a program, and to enter each folder on the way to it"
	if cfg.Command != nil {
		if _, err := exec.LookPath(cfg.Command[0]); err != nil {
			return hinted(hint, "as user %s: %w", a.name, commandError(cfg.Command[0], err))
		}
	}
	for _, folder := range []string{cfg.ScriptDir, cfg.StaticDir, cfg.CGIDir} {
		if folder == "" {
			continue
		}
		// The dot requires the right to enter the folder itself.
		if _, err := os.Stat(folder + string(os.PathSeparator) + "."); err != nil {
			return hinted(hint, "as user %s: %w", a.name, err)
		}
	}
	if cfg.StaticDir != "" { // this one is opened, too
		f, err := os.Open(cfg.StaticDir)
		if err != nil {
			return hinted(hint, "as user %s: %w", a.name, err)
		}
		f.Close()
	}
	return nil
}
