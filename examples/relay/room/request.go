package room

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"

	"wsd/examples/relay/line"
)

// The canvas, in units of its own: a page shows it as large as it likes.
const (
	canvasWidth  = 1600
	canvasHeight = 1000
	maxPoints    = 512
	maxLineWidth = 40
)

// request is a line of the client, of any type.
type request struct {
	Type   string      `json:"type"`
	Name   string      `json:"name"`
	Color  string      `json:"color"`
	Width  float64     `json:"width"`
	At     []float64   `json:"at"`
	Points [][]float64 `json:"points"`
}

// stroke is an edit: a line through some points.
type stroke struct {
	Type   string  `json:"type"`
	ID     string  `json:"id"` // the visitor's
	Color  string  `json:"color"`
	Width  float64 `json:"width"`
	Points []point `json:"points"`
}

// clearing is the edit that removes all others.
type clearing struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"` // the visitor's
}

// answer does what a line asks for. The error is a *line.Error if the client has
// made a mistake.
func (s *session) answer(ctx context.Context, next line.Line) error {
	var r request
	if err := next.Decode(&r); err != nil {
		return err
	}
	if s.me.Name == "" && r.Type != "enter" {
		return line.BadRequest("the first line must be of type enter")
	}
	switch r.Type {
	case "enter":
		return s.enter(ctx, r)
	case "pointer":
		return s.point(r)
	case "stroke":
		return s.draw(ctx, r)
	case "clear":
		return s.edits.replace(ctx, clearing{"clear", s.me.ID, s.me.Name})
	}
	return line.BadRequest("the type must be enter, pointer, stroke or clear")
}

// enter shows the client the picture, and shows the client to the others.
func (s *session) enter(ctx context.Context, r request) error {
	if s.me.Name != "" {
		return line.BadRequest("this connection has already entered")
	}
	if err := line.CheckName(r.Name); err != nil {
		return err
	}
	if err := checkColor(r.Color); err != nil {
		return err
	}
	welcome, err := json.Marshal(struct {
		Type  string `json:"type"`
		ID    string `json:"id"`
		Room  string `json:"room"`
		Size  [2]int `json:"size"`
		Edits int    `json:"edits"`
	}{"welcome", s.me.ID, s.room, [2]int{canvasWidth, canvasHeight}, maxEdits})
	if err != nil {
		return fmt.Errorf("encoding a line: %w", err)
	}
	if err := s.out.Send(ctx, welcome); err != nil {
		return nil // the client is gone, and serve sees that
	}
	if err := s.showPicture(ctx); err != nil {
		return err
	}
	s.me.Name, s.me.Color = r.Name, r.Color
	return s.meet()
}

// point moves this visitor's pointer, or takes it off the canvas.
func (s *session) point(r request) error {
	var at *point
	if r.At != nil {
		p, err := checkPoint(r.At)
		if err != nil {
			return err
		}
		at = &p
	}
	if !samePoint(s.me.At, at) {
		s.me.At, s.moved = at, true
		s.beginFrame()
	}
	return nil
}

// draw adds a stroke.
func (s *session) draw(ctx context.Context, r request) error {
	made, err := newStroke(s.me.ID, r)
	if err != nil {
		return err
	}
	return s.edits.add(ctx, made)
}

// newStroke returns the stroke that a visitor asks for, if it is valid. Its length
// is bounded, since all other visitors get it.
func newStroke(visitor string, r request) (stroke, error) {
	if err := checkColor(r.Color); err != nil {
		return stroke{}, err
	}
	if r.Width < 1 || r.Width > maxLineWidth {
		return stroke{}, line.BadRequest(fmt.Sprintf("the width must be from 1 to %d", maxLineWidth))
	}
	if len(r.Points) == 0 || len(r.Points) > maxPoints {
		return stroke{}, line.BadRequest(fmt.Sprintf("a stroke has 1 to %d points", maxPoints))
	}
	points := make([]point, len(r.Points))
	for i := range r.Points {
		var err error
		if points[i], err = checkPoint(r.Points[i]); err != nil {
			return stroke{}, err
		}
	}
	return stroke{"stroke", visitor, r.Color, tenth(r.Width), points}, nil
}

// checkPoint returns the point, rounded to tenths, if it is on the canvas.
func checkPoint(p []float64) (point, error) {
	if len(p) != 2 || p[0] < 0 || p[0] > canvasWidth || p[1] < 0 || p[1] > canvasHeight {
		return point{}, line.BadRequest(fmt.Sprintf(
			"a point is [x, y], with x from 0 to %d and y from 0 to %d", canvasWidth, canvasHeight))
	}
	return point{tenth(p[0]), tenth(p[1])}, nil
}

// tenth rounds to tenths, which bounds the digits of a number, and so its bytes.
func tenth(x float64) float64 { return math.Round(x*10) / 10 }

var color = regexp.MustCompile(`^#[0-9a-f]{6}$`)

func checkColor(text string) error {
	if !color.MatchString(text) {
		return line.BadRequest("the color must be like #12ab9f")
	}
	return nil
}
