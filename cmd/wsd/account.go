package main

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"wsd/server"
)

// account is a user to become, by its numeric ids.
type account struct {
	uid, gid int
	groups   []int  // all of them, including gid
	name     string // as it was given, for messages
	// known is the entry of the user database, or nil for a number without one.
	known *user.User
}

// checkUser refuses values of --user and --group that can't be right on any
// machine.
func (f *flags) checkUser(*server.Config) error {
	name, group, both := strings.Cut(f.User, ":")
	switch {
	case f.User == "" && f.Group == "":
		return nil
	case !dropSupported:
		return usage("leave them out; wsd and its backends run as whoever starts it", "--user and --group: this platform can't change the user")
	case f.User == "":
		return usage("add --user=NAME", "--group=%s without --user", f.Group)
	case name == "" || both && group == "":
		return usage("write NAME, NAME:GROUP, or numbers", "--user=%s is neither NAME nor NAME:GROUP", f.User)
	case both && f.Group != "":
		return usage("leave one of the two out", "--user=%s and --group=%s both name a group", f.User, f.Group)
	}
	return nil
}

// setAccount looks up what --user and --group name.
func (f *flags) setAccount(cfg *server.Config) error {
	if f.User == "" {
		return nil
	}
	name, group, _ := strings.Cut(f.User, ":")
	if f.Group != "" {
		group = f.Group
	}
	a, err := lookUp(name, group)
	if err != nil {
		return err
	}
	if !isRoot() && !a.isCurrent() {
		return hinted("start wsd as root, or leave --user out: it runs as you do then",
			"--user=%s: only root can become another user", f.User)
	}
	f.account = a
	if cfg.UnixSocket != "" {
		cfg.UnixSocketOwner = &server.Owner{UID: a.uid, GID: a.gid}
	}
	return nil
}

// lookUp returns the account of a user and a group, each by its name or number;
// an empty group is the user's own. A user given by name gets all its groups, as
// with initgroups(3), and one given by number only that group.
func lookUp(name, group string) (*account, error) {
	a := &account{name: name, gid: -1}
	uid, byNumber := number(name)
	known, err := user.Lookup(name)
	if byNumber {
		known, err = user.LookupId(name)
	}
	if err == nil {
		a.known = known
		uid, _ = number(known.Uid)
	} else if !byNumber {
		return nil, lookupError("user", name, err)
	}
	a.uid = uid
	switch {
	case group != "":
		a.gid, err = lookUpGroup(group)
	case a.known != nil:
		a.gid, _ = number(a.known.Gid)
		err = nil
	default:
		err = hinted("name the group too, such as --user="+name+":"+name, "--user=%s is not in the user database, which would name its group", name)
	}
	if err != nil {
		return nil, err
	}
	a.groups = []int{a.gid}
	if byNumber {
		return a, nil
	}
	return a, a.addGroups()
}

// addGroups adds the groups that the user is a member of. The group of its entry
// is left out if another was given in its place.
func (a *account) addGroups() error {
	ids, err := a.known.GroupIds()
	if err != nil {
		return fmt.Errorf("looking up the groups of --user=%s: %w", a.name, err)
	}
	for _, id := range ids {
		if n, ok := number(id); ok && id != a.known.Gid && !slices.Contains(a.groups, n) {
			a.groups = append(a.groups, n)
		}
	}
	return nil
}

func lookUpGroup(name string) (int, error) {
	if gid, ok := number(name); ok {
		return gid, nil
	}
	group, err := user.LookupGroup(name)
	if err != nil {
		return -1, lookupError("group", name, err)
	}
	gid, _ := number(group.Gid)
	return gid, nil
}

// number reads the number of a user or a group. The largest of 32 bits is not
// valid: to the system calls it means no change.
func number(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return int(n), err == nil && n < 1<<32-1 && s[0] != '+'
}

// lookupError is an error for a name that was not found, or could not be looked
// up.
func lookupError(kind, name string, err error) error {
	if errors.As(err, new(user.UnknownUserError)) || errors.As(err, new(user.UnknownGroupError)) {
		return hinted("check the name with getent, or give the number", "there is no %s %q on this machine", kind, name)
	}
	return fmt.Errorf("looking up the %s %q: %w", kind, name, err)
}

// environ returns environ with the variables that describe the user set for a:
// root's would send a backend to root's own files.
func (a *account) environ(environ []string) []string {
	out := slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"HOME", "USER", "LOGNAME", "SHELL", "MAIL"}, name)
	})
	if a.known == nil {
		return out
	}
	return append(out, "HOME="+a.known.HomeDir, "USER="+a.known.Username, "LOGNAME="+a.known.Username)
}
