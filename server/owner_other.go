//go:build !linux

package server

import (
	"errors"
	"io/fs"
	"os"
)

// giveAway makes owner the owner of the socket that was just made at path. It
// follows no link.
func giveAway(path string, made fs.FileInfo, owner Owner) error {
	found, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(found, made) || !found.ModTime().Equal(made.ModTime()) || found.Mode().Type() != fs.ModeSocket {
		return errors.New("another file has taken its place")
	}
	return os.Lchown(path, owner.UID, owner.GID)
}
