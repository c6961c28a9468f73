//go:build unix

package main_test

import (
	"fmt"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
)

// enter enters a room, and reads its picture. The query is empty for the lobby.
func enter(t *testing.T, at server, query, name string) *client {
	t.Helper()
	visitor, _ := enterAndLook(t, at, query, name)
	return visitor
}

// enterAndLook returns the picture too, its edits in order.
func enterAndLook(t *testing.T, at server, query, name string) (*client, []object) {
	t.Helper()
	visitor := at.dial(t, "/room"+query)
	visitor.send(object{"type": "enter", "name": name, "color": "#112233"})
	if welcome := visitor.receive(); welcome["type"] != "welcome" || welcome["id"] == "" {
		t.Fatalf("got %v, want a welcome", welcome)
	}
	var picture []object
	for {
		switch line := visitor.receive(); line["type"] {
		case "stroke", "clear":
			picture = append(picture, line)
		case "ready":
			return visitor, picture
		default:
			t.Fatalf("got %v, want a stroke or ready", line)
		}
	}
}

// awaitVisitor waits until another visitor is here, and returns the id.
func (c *client) awaitVisitor(name string) string {
	c.t.Helper()
	for {
		if line := c.await("visitor"); line["name"] == name && line["color"] == "#112233" {
			return line["id"].(string)
		}
	}
}

// awaitPointer waits until a visitor's pointer is there, and returns how often it
// has moved. at is nil for a pointer that has left.
func (c *client) awaitPointer(id string, at any) (moves int) {
	c.t.Helper()
	for {
		got, ok := c.await("pointers")["at"].(object)[id]
		if ok {
			moves++
		}
		if ok && reflect.DeepEqual(got, at) {
			return moves
		}
	}
}

// TestRoom has visitors below both wsd.
func TestRoom(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := enter(t, s.a, "", "Ada")
	bob := enter(t, s.b, "?room=lobby", "Bob <b>")
	adaID, bobID := bob.awaitVisitor("Ada"), ada.awaitVisitor("Bob <b>")

	ada.send(object{"type": "pointer", "at": []float64{10, 20.5}})
	bob.awaitPointer(adaID, []any{10.0, 20.5})
	bob.send(object{"type": "pointer", "at": []float64{1600, 1000}})
	ada.awaitPointer(bobID, []any{1600.0, 1000.0})
	ada.send(object{"type": "pointer"})
	bob.awaitPointer(adaID, nil)

	ada.send(stroke(1))
	bob.send(stroke(2))
	for _, c := range []*client{ada, bob} {
		ids := map[any]any{c.await("stroke")["id"]: 1, c.await("stroke")["id"]: 1}
		if !reflect.DeepEqual(ids, map[any]any{adaID: 1, bobID: 1}) {
			t.Errorf("the strokes are of %v, want %s and %s", ids, adaID, bobID)
		}
	}
	for _, wrong := range []object{
		{"type": "stroke", "color": "#112233", "width": 0, "points": [][]float64{{1, 1}}},
		{"type": "stroke", "color": "#112233", "width": 41, "points": [][]float64{{1, 1}}},
		{"type": "stroke", "color": "url(x)", "width": 4, "points": [][]float64{{1, 1}}},
		{"type": "stroke", "color": "#112233", "width": 4, "points": [][]float64{}},
		{"type": "stroke", "color": "#112233", "width": 4, "points": make([][2]float64, 513)},
		{"type": "stroke", "color": "#112233", "width": 4, "points": [][]float64{{1, 1, 1}}},
		{"type": "stroke", "color": "#112233", "width": 4, "points": [][]float64{{-1, 1}}},
		{"type": "stroke", "color": "#112233", "width": 4, "points": [][]float64{{1, 1001}}},
		{"type": "pointer", "at": []float64{1601, 1}},
		{"type": "pointer", "at": []float64{}},
		{"type": "enter", "name": "Eve", "color": "#112233"},
		{"type": "ready"},
	} {
		ada.send(wrong)
		ada.awaitError("bad-request")
	}

	eve, picture := enterAndLook(t, s.b, "", "Eve")
	if len(picture) != 2 {
		t.Fatalf("the picture has %d edits, want 2: %v", len(picture), picture)
	}
	eveID := ada.awaitVisitor("Eve")
	// A newcomer learns of the visitors, and of where their pointers are.
	eve.awaitVisitor("Bob <b>")
	eve.awaitPointer(bobID, []any{1600.0, 1000.0})
	eve.send(object{"type": "clear"})
	if line := ada.await("clear"); line["name"] != "Eve" {
		t.Errorf("got %v, want Eve to have cleared", line)
	}
	eve.leave()
	for {
		if ada.await("left")["id"] == eveID {
			break
		}
	}
	if _, picture := enterAndLook(t, s.a, "", "Fay"); len(picture) != 1 || picture[0]["type"] != "clear" {
		t.Errorf("the picture is %v, want it clear", picture)
	}
}

// stroke is a line that draws something.
func stroke(x int) object {
	return object{"type": "stroke", "color": "#aa0000", "width": 2.5, "points": [][]int{{x, 1}, {x, 2}}}
}

// TestRoomsApart has visitors in two rooms.
func TestRoomsApart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := enter(t, s.a, "?room=one", "Ada")
	bob := enter(t, s.b, "?room=two", "Bob")
	bob.send(stroke(1))
	bob.await("stroke")
	cid, picture := enterAndLook(t, s.b, "?room=one", "Cid")
	if len(picture) > 0 {
		t.Errorf("the other room's picture is %v", picture)
	}
	if got := ada.receive(); got["name"] != "Cid" {
		t.Errorf("the first that Ada learns is %v, want Cid", got)
	}
	if got := cid.receive(); got["name"] != "Ada" {
		t.Errorf("the first that Cid learns is %v, want Ada", got)
	}
}

// TestPointersAreThrottled moves a pointer more often than anybody could see.
func TestPointersAreThrottled(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for every frame")
	}
	t.Parallel()
	s := newStage(t)
	ada, bob := enter(t, s.a, "", "Ada"), enter(t, s.b, "", "Bob")
	adaID := bob.awaitVisitor("Ada")
	const moves = 400
	for x := range moves {
		ada.send(object{"type": "pointer", "at": []int{x, 0}})
	}
	if told := bob.awaitPointer(adaID, []any{moves - 1.0, 0.0}); told > moves/4 {
		t.Errorf("Bob was told of %d moves of %d, want far less", told, moves)
	}
}

// TestVisitorIsLost has visitors whose backends leave no word.
func TestVisitorIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for leases")
	}
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			bob := enter(t, s.b, "", "Bob")
			enter(t, s.a, "", "Ada")
			id := bob.awaitVisitor("Ada")
			s.a.signalBackend(signal)
			if left := bob.await("left"); left["id"] != id {
				t.Errorf("got %v, want Ada to have left", left)
			}
			if signal == syscall.SIGSTOP {
				s.a.signalBackend(syscall.SIGCONT)
				bob.awaitVisitor("Ada")
			}
		})
	}
}

// TestPictureIsBounded has more edits than are kept.
func TestPictureIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it draws 10,000 strokes")
	}
	t.Parallel()
	s := newStage(t)
	enter(t, s.a, "", "Ada").leave() // it makes the stream
	conn, err := nats.Connect(s.nats)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const edits, kept = 10_050, 10_000
	for i := range edits {
		if err := conn.Publish("relay.room.lobby.edits", fmt.Appendf(nil, `{"type":"stroke","number":%d}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	_, picture := enterAndLook(t, s.b, "", "Bob")
	if len(picture) != kept {
		t.Fatalf("the picture has %d edits, want %d", len(picture), kept)
	}
	for i, edit := range picture {
		if edit["number"] != float64(i+edits-kept) {
			t.Fatalf("edit %d is %v, want number %d", i, edit, i+edits-kept)
		}
	}
}

// TestSlowVisitor has a visitor that does not read. The others go on, and what
// the slow one has missed waits in the broker.
func TestSlowVisitor(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it fills all buffers")
	}
	t.Parallel()
	s := newStage(t)
	slow, quick := enter(t, s.a, "", "Slow"), enter(t, s.b, "", "Quick")
	conn, err := nats.Connect(s.nats)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const edits = 1500
	padding := strings.Repeat("x", 12_000) // together far more than all buffers hold
	for i := range edits {
		if err := conn.Publish("relay.room.lobby.edits", fmt.Appendf(nil, `{"type":"stroke","number":%d,"x":%q}`, i, padding)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*client{quick, slow} {
		for i := range edits {
			if got := c.await("stroke")["number"]; got != float64(i) {
				t.Fatalf("edit %d is number %v", i, got)
			}
		}
	}
}
