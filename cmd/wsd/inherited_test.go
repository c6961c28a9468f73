package main

import (
	"reflect"
	"testing"

	"wsd/server"
)

func TestIsManaged(t *testing.T) {
	for variable, want := range map[string]bool{
		"LISTEN_FDS=1": true, "LISTEN_PID=1": true, "LISTEN_FDNAMES=a:b": true,
		"NOTIFY_SOCKET=@x": true, "WATCHDOG_PID=1": true, "WATCHDOG_USEC=": true,
		"PATH=/bin": false, "LISTEN_FDS_OF_MINE=1": false, "LISTEN": false, "": false,
	} {
		if isManaged(variable) != want {
			t.Errorf("%s: %v", variable, !want)
		}
	}
}

// Inherited sockets take the place of port 80, but of nothing that was asked for.
func TestInheritedConfig(t *testing.T) {
	inherited := []server.Inherited{{Name: "wsd.socket"}}
	for _, test := range []struct {
		args      []string
		addresses []string
	}{
		{[]string{"--devconsole"}, nil},
		{[]string{"--devconsole", "--ssl"}, nil},
		{[]string{"--devconsole", "--redirport=80"}, nil},
		{[]string{"--devconsole", "--unixsocket=s"}, nil},
		{[]string{"--devconsole", "--port=8080"}, []string{":8080"}},
		{[]string{"--devconsole", "--address=127.0.0.1"}, []string{"127.0.0.1:80"}},
	} {
		f, err := parse(test.args)
		if err != nil {
			t.Fatal(err)
		}
		f.Inherited = inherited
		cfg, err := f.config(nil)
		if err != nil || !reflect.DeepEqual(cfg.Addresses, test.addresses) || len(cfg.Inherited) != 1 {
			t.Errorf("%q: %q, %v, %v", test.args, cfg.Addresses, cfg.Inherited, err)
		}
	}
}
