package line

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// Decode reads one JSON object, which must be all of the line, into request. It
// refuses a member without a field in request, which is most often a typo. The
// error is an *Error.
func (l Line) Decode(request any) error {
	text := l.Text
	switch {
	case l.Err != nil:
		return l.Err
	case !utf8.Valid(text):
		return BadRequest("the line is not UTF-8")
	case !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r"), []byte("{")):
		return BadRequest("the line is not a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(request); err != nil {
		return BadRequest("the line is not a request: " + err.Error())
	}
	if _, err := decoder.Token(); err != io.EOF {
		return BadRequest("there is more after the JSON object")
	}
	return nil
}
