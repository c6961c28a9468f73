package main

import (
	"testing"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

func TestMain(m *testing.M) { exectest.Main(m, servertest.Backends) }
