package client

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// acceptGUID is the constant of RFC 6455, section 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// handshake sends the opening handshake and reads the answer (RFC 6455, section
// 4.1). What follows the answer stays in the buffer.
func (c *Conn) handshake(t Target) error {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request := "GET " + t.Path + " HTTP/1.1\r\nHost: " + t.Host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n\r\n"
	if _, err := c.Write([]byte(request)); err != nil {
		return fmt.Errorf("sending the handshake: %w", err)
	}
	for {
		if end := bytes.Index(c.buf[c.r:c.w], []byte("\r\n\r\n")); end >= 0 {
			answer := string(c.buf[c.r : c.r+end])
			c.r += end + 4
			return checkAnswer(answer, key)
		}
		if err := c.fill(); err != nil {
			return fmt.Errorf("reading the answer to the handshake: %w", err)
		}
	}
}

// checkAnswer accepts the head of an HTTP answer, without the empty line at its end,
// if it switches to a WebSocket for key.
func checkAnswer(answer, key string) error {
	lines := strings.Split(answer, "\r\n")
	version, status, _ := strings.Cut(lines[0], " ")
	if version != "HTTP/1.1" || !strings.HasPrefix(status, "101") {
		return fmt.Errorf("the handshake was refused: %q", lines[0])
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(name, "Sec-WebSocket-Accept") {
			continue
		}
		if strings.TrimSpace(value) != acceptKey(key) {
			return errors.New("the answer to the handshake has a wrong Sec-WebSocket-Accept")
		}
		return nil
	}
	return errors.New("the answer to the handshake has no Sec-WebSocket-Accept")
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Answer reads a client's opening handshake from r, accepts it on w and returns it.
// It is for the servers that tests put in a daemon's place.
func Answer(r *bufio.Reader, w io.Writer) (*http.Request, error) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		acceptKey(req.Header.Get("Sec-WebSocket-Key")))
	return req, err
}
