package main

import (
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) { exectest.Main(m, nil) }
