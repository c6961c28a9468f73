package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// explain says why the command could not be started. The kernel's "no such file
// or directory" may be about the program, its interpreter or the working folder.
func (c *Command) explain(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if folder := folderError(c.Dir); folder != nil {
		return fmt.Errorf("its working folder %s: %w", c.Dir, folder)
	}
	script := c.Check()
	switch info, statErr := os.Stat(c.file()); {
	case errors.Is(statErr, fs.ErrPermission):
		return fmt.Errorf("its user may not enter a folder on its path: %w", err)
	case statErr != nil: // err already says so
	case info.IsDir():
		return syscall.EISDIR
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("its user may not execute it: %w", err)
	case script != nil && errors.Is(script, err):
		return script
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the interpreter or loader that it asks for: %w", err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("it is not a program for this machine: %w", err)
	}
	return err
}

// file is the path of the file that is executed, as seen from here.
func (c *Command) file() string {
	if filepath.IsAbs(c.Path) {
		return c.Path
	}
	return filepath.Join(c.Dir, c.Path)
}

// folderError says why dir can't be a working folder.
func folderError(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	var at *fs.PathError
	switch {
	case errors.As(err, &at):
		return at.Err
	case err == nil && !info.IsDir():
		return syscall.ENOTDIR
	}
	return err
}
