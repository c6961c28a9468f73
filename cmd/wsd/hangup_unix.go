//go:build unix

package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// watchTerminal returns a function that reports whether the terminal that wsd was
// started from has gone. It is nil where there was none, or where SIGHUP is ignored, as
// by nohup: that asks to outlive the terminal. It is called before SIGHUP is caught,
// which ends the ignoring.
func watchTerminal() (gone func() bool) {
	if signal.Ignored(syscall.SIGHUP) || openTerminal() != nil {
		return nil
	}
	return func() bool {
		err := openTerminal()
		return errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.EIO)
	}
}

// openTerminal returns why the controlling terminal can't be opened, or nil.
func openTerminal() error {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err == nil {
		f.Close()
	}
	return err
}
