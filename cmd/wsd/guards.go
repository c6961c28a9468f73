package main

import (
	"strconv"
	"strings"

	"wsd/exec"
	"wsd/server"
)

// setGuards sets who may connect. server.New reads the password file.
func (f *flags) setGuards(cfg *server.Config) error {
	cfg.PasswordFile = f.Htpasswd
	if f.AuthCmd == "" {
		return nil
	}
	words, closed := splitWords(f.AuthCmd)
	switch {
	case !closed:
		return usage("close it; there is no escape character, but ' may stand in \"…\" and \" in '…'", "--authcmd=%s has an open quote", f.AuthCmd)
	case len(words) == 0 || words[0] == "":
		return usage("leave --authcmd out to ask no program", "--authcmd=%s names no program", f.AuthCmd)
	case len(f.Command) == 0 && f.Dir == "":
		return usage("add a COMMAND or --dir; --htpasswd guards files and CGI programs, too", "--authcmd guards WebSockets, and there are none")
	}
	cfg.AuthCommand = words
	return nil
}

// findAuthCommand looks the program of --authcmd up, as setCommand does the
// backend's.
func (f *flags) findAuthCommand(cfg *server.Config) error {
	if len(cfg.AuthCommand) == 0 {
		return nil
	}
	name := cfg.AuthCommand[0]
	path, err := exec.LookPath(name)
	if err == nil {
		cfg.AuthCommand[0] = path
		return checkScript(cfg, "--authcmd: program "+strconv.Quote(name), path)
	}
	hint := commandHint(name)
	if strings.Contains(name, " ") {
		hint = "quotes make one word of what is in them: leave the arguments out of the quotes around the program"
	}
	return hinted(hint, "--authcmd: %w", commandError(name, err))
}

// splitWords splits text at spaces. Between ' and ', or " and ", everything
// stands for itself, spaces too; a backslash does so everywhere, since Windows
// uses it in paths. closed is false when a quote is left open.
func splitWords(text string) (words []string, closed bool) {
	var word strings.Builder
	begun, quote := false, byte(0)
	for _, c := range []byte(text) {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			begun, quote = true, c
		case quote == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			begun = true
			word.WriteByte(c)
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, quote == 0
}
