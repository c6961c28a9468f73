//go:build unix

package main

import (
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wsd/server"
)

func TestUserErrors(t *testing.T) {
	const form = "write NAME, NAME:GROUP, or numbers"
	for _, test := range []struct {
		args      string
		status    int
		err, hint string
	}{
		{"--group=nobody", 64, "--group=nobody without --user", "add --user=NAME"},
		{"--user=:nobody", 64, "--user=:nobody is neither NAME nor NAME:GROUP", form},
		{"--user=nobody:", 64, "--user=nobody: is neither NAME nor NAME:GROUP", form},
		{"--user=a:b --group=c", 64, "--user=a:b and --group=c both name a group", "leave one of the two out"},
		{"--user=wsd-nobody", 1, `there is no user "wsd-nobody" on this machine`, "check the name with getent, or give the number"},
		{"--user=-1", 1, `there is no user "-1" on this machine`, "check the name with getent, or give the number"},
		{"--user=0 --group=wsd-nobody", 1, `there is no group "wsd-nobody" on this machine`, "check the name with getent, or give the number"},
		{"--user=4294967294", 1, "--user=4294967294 is not in the user database, which would name its group", "name the group too, such as --user=4294967294:4294967294"},
		// It means no change to setuid(2).
		{"--user=4294967295:1", 1, `there is no user "4294967295" on this machine`, "check the name with getent, or give the number"},
		{"--user=1:4294967295", 1, `there is no group "4294967295" on this machine`, "check the name with getent, or give the number"},
	} {
		args := append(strings.Fields(test.args), "--devconsole")
		_, err := configure(args, nil)
		checkError(t, args, err, test.status, test.err, test.hint)
	}
}

// Whoever starts wsd may name itself, and root anybody.
func TestUserAllowed(t *testing.T) {
	for _, args := range []string{"--user=" + own().User, "--user=" + own().User + " --unixsocket=s", "--user=4294967294:1"} {
		f, err := parse(append(strings.Fields(args), "--devconsole"))
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := f.config(nil)
		allowed := isRoot() || strings.Contains(args, own().User)
		if (err == nil) != allowed || exitStatus(err) == 64 {
			t.Errorf("%s: %v", args, err)
		}
		if err == nil && strings.Contains(args, "socket") && *cfg.UnixSocketOwner != (server.Owner{UID: os.Getuid(), GID: os.Getgid()}) {
			t.Errorf("%s: the socket's owner is %v", args, cfg.UnixSocketOwner)
		}
	}
}

// own names this process's user and group.
func own() flags { return flags{User: strconv.Itoa(os.Getuid()) + ":" + strconv.Itoa(os.Getgid())} }

func TestLookUp(t *testing.T) {
	current, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	want, err := current.GroupIds()
	if err != nil {
		t.Fatal(err)
	}
	byName, err := lookUp(current.Username, "")
	if err != nil || strconv.Itoa(byName.uid) != current.Uid || strconv.Itoa(byName.gid) != current.Gid || len(byName.groups) != len(want) || byName.groups[0] != byName.gid {
		t.Errorf("%+v, %v; its groups are %q", byName, err, want)
	}
	byNumber, err := lookUp(current.Uid, "")
	if err != nil || byNumber.uid != byName.uid || !slices.Equal(byNumber.groups, []int{byName.gid}) {
		t.Errorf("by number: %+v, %v", byNumber, err)
	}
	// The group of the user's entry is no group of it any more: initgroups(3).
	other, err := lookUp(current.Username, "4294967294")
	if err != nil || uint32(other.gid) != 4294967294 || slices.Contains(other.groups, byName.gid) || other.groups[0] != other.gid {
		t.Errorf("with another group: %+v, %v", other, err)
	}
}

func TestAccountEnviron(t *testing.T) {
	environ := []string{"PATH=/bin", "HOME=/root", "USER=root", "LOGNAME=root", "MAIL=/m", "SHELL=/s", "HOMES=x"}
	a := &account{known: &user.User{Username: "u", HomeDir: "/home/u"}}
	if got, want := a.environ(environ), []string{"PATH=/bin", "HOMES=x", "HOME=/home/u", "USER=u", "LOGNAME=u"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (&account{}).environ(environ), []string{"PATH=/bin", "HOMES=x"}; !slices.Equal(got, want) {
		t.Errorf("a user without an entry: %q, want %q", got, want)
	}
	if environ[1] != "HOME=/root" {
		t.Error("it has changed what it was given")
	}
}
