//go:build unix && e2e

package main_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
)

// TestBrowser has pages in a real browser; browser/drive.js drives them. Its
// pictures are kept where RELAY_SCREENSHOTS says.
func TestBrowser(t *testing.T) {
	chromium, node := lookTool(t, "chromium"), lookTool(t, "node")
	if _, err := os.Stat("browser/node_modules/playwright-core"); err != nil {
		missing(t, "playwright-core (npm ci, in the folder browser)")
	}
	pictures := os.Getenv("RELAY_SCREENSHOTS")
	if pictures == "" {
		pictures = t.TempDir()
	}
	for _, scene := range []string{"agents", "room"} {
		t.Run(scene, func(t *testing.T) {
			s := newStage(t)
			p := &play{t: t, stage: s}
			p.run(exec.CommandContext(t.Context(), node, filepath.Join("browser", "drive.js"),
				scene, page(s.a.url), page(s.b.url), chromium, pictures))
		})
	}
	for _, kind := range proxies {
		t.Run("scaleout/"+kind.program, func(t *testing.T) {
			s := newScaleout(t, kind)
			p := &play{t: t, stage: s.stage, scaleout: s}
			p.run(exec.CommandContext(t.Context(), node, filepath.Join("browser", "drive.js"),
				"scaleout", page(s.url), page(s.url), chromium, pictures))
		})
	}
}

// page is the URL of the pages at a WebSocket's.
func page(url string) string { return "http" + strings.TrimPrefix(url, "ws") }

// play is a scene: it answers the cues of drive.js.
type play struct {
	*stage
	scaleout *scaleout // if a proxy is a part of it, that stage
	t        *testing.T
	home     *process
}

func (p *play) run(cmd *exec.Cmd) {
	p.t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	driver := start(p.t, cmd)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		name, isCue := strings.CutPrefix(lines.Text(), "cue ")
		if !isCue {
			p.t.Log(lines.Text())
			continue
		}
		p.answer(name)
		if _, err := io.WriteString(stdin, "done\n"); err != nil {
			p.t.Errorf("answering the cue %s: %v", name, err)
		}
	}
	if status := driver.wait(); status != 0 {
		p.t.Errorf("exit status %d:\n%s", status, driver.log.String())
	}
}

// answer does what a cue asks for.
func (p *play) answer(cue string) {
	p.t.Helper()
	switch cue {
	case "start agent", "start agent with a token":
		token := ""
		if cue != "start agent" {
			token = "secret"
		}
		p.home = startHomeAgent(p.t, token, "--name=home", p.a.url+"/agents")
		p.home.await("registered")
	case "start agents at both homes":
		elsewhere := newAgent(p.t, home{proxy: p.scaleout.url, address: "127.0.0.2"}, object{"name": "elsewhere"})
		elsewhere.conn.CloseRead(elsewhere.ctx) // it answers the close frame
		p.home = startHomeAgent(p.t, "", "--name=home", "--ca="+p.scaleout.chain, p.scaleout.url+"/agents")
		p.home.await("registered")
	case "stop A":
		p.a.stop()
	case "start A":
		p.a = p.restart(p.t, p.a)
		p.scaleout.await(p.t, p.a)
	case "stop agent":
		p.home.end(syscall.SIGKILL)
	case "stop B":
		p.b.stop()
	case "start B":
		p.b = p.restart(p.t, p.b)
	case "send garbage":
		p.sendGarbage()
	default:
		p.t.Fatalf("there is no cue %q", cue)
	}
}

// sendGarbage puts edits into the picture that no backend would.
func (p *play) sendGarbage() {
	conn, err := nats.Connect(p.nats)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	for _, line := range []string{
		`null`, `7`, `{"type":"constructor"}`, `{"type":"stroke"}`, `{"type":"stroke","color":"#ff0000","width":1,"points":[[1]]}`,
		`{"type":"stroke","color":"url(x)","width":1,"points":[[1,1]]}`, `{"type":"stroke","color":"#ff0000","width":1,"points":[["1",1]]}`,
		`{"type":"pointers","at":{"toString":[1,1]}}`, `{"type":"left","id":"toString"}`, `not JSON`,
	} {
		if err := conn.Publish("relay.room.lobby.edits", []byte(line)); err != nil {
			p.t.Fatal(fmt.Errorf("publishing %s: %w", line, err))
		}
	}
	if err := conn.Flush(); err != nil {
		p.t.Fatal(err)
	}
}
