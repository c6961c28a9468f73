package server

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// giveAway makes owner the owner of the socket that was just made at path, and of
// nothing else: anyone who may write to the folder could have put another file or a
// link in its place.
func giveAway(path string, _ fs.FileInfo, owner Owner) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var found unix.Stat_t
	if err := unix.Fstat(fd, &found); err != nil {
		return err
	}
	if found.Mode&unix.S_IFMT != unix.S_IFSOCK || found.Nlink != 1 || int(found.Uid) != unix.Geteuid() {
		return errors.New("another file has taken its place")
	}
	return unix.Fchownat(fd, "", owner.UID, owner.GID, unix.AT_EMPTY_PATH)
}
