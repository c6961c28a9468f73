package exec

import (
	"errors"
	"io/fs"
	osexec "os/exec"
)

// LookPath finds an executable as a shell would: a name with a slash is taken as it
// is, any other is looked up in PATH. When a name with a slash is a file that can't
// be executed, the error says so; in PATH such a file is passed over.
func LookPath(name string) (string, error) {
	path, err := osexec.LookPath(name)
	if err == nil {
		return path, nil
	}
	var lookup *osexec.Error
	if errors.As(err, &lookup) {
		err = lookup.Err
	}
	if errors.Is(err, osexec.ErrNotFound) {
		err = fs.ErrNotExist
	}
	return "", err
}
