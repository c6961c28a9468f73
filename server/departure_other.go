//go:build !linux

package server

import (
	"context"
	"errors"
	"net/http"
)

// awaitLeft can't tell here without reading what the client has sent.
func awaitLeft(context.Context, *http.Request) error { return errors.ErrUnsupported }
