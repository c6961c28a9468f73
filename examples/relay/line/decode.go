package line

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// Decode reads one JSON object, with nothing else in the line, into request. A
// member that request has no field for is refused: it is most often a mistake in
// writing. The error is an *Error.
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
		return BadRequest("something follows the JSON object")
	}
	return nil
}
