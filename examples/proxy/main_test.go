//go:build e2e && unix

// Package proxy_test starts Apache, nginx, HAProxy and Caddy with the
// configurations in this folder, and looks at wsd through them.
package proxy_test

import (
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) { exectest.Main(m, nil) }
