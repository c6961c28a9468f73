// The pictures of README.md, docs/console-light.png and docs/console-dark.png: a
// terminal beside the console. Both show the same run; what the terminal shows is
// what the commands have printed. PICTURES names the folder to write to, and PORT
// the port that can be seen; make pictures sets them.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inBrowser, isRoot, open } from "./browser.mjs";
import { cleanUp } from "./cleanup.mjs";
import { connect, counted, row, say } from "./console.mjs";
import { temporary } from "./wsd.mjs";

const greeter = '#!/bin/sh\nwhile read -r name; do echo "Hello $name"; done\n';
const largest = 150_000; // bytes of a picture
const size = { width: 620, height: 580 }; // of each half, in pixels
const nobody = isRoot ? { uid: 65534, gid: 65534 } : {}; // for root, the log would begin with a warning

// A Terminal is where commands are typed; text is what it shows.
class Terminal {
  text = "";
  #options;
  #server;
  #ended;

  constructor(folder) {
    const path = `${dirname(process.env.WSD)}:${process.env.PATH}`;
    this.#options = { cwd: folder, env: { ...process.env, HOME: folder, PATH: path, TERM: "xterm-256color" }, ...nobody };
  }

  run(command) {
    this.text += `$ ${command}\n` + execFileSync("sh", ["-c", command], { ...this.#options, encoding: "utf8" });
  }

  // serve starts a server in a terminal of its own, and returns the URL of the
  // console in what it prints.
  async serve(t, command) {
    this.text += `$ ${command}\n`;
    // exec, so that Ctrl-C ends with wsd's own exit status.
    this.#server = spawn("script", ["--quiet", "--return", "--flush", "--command", `exec ${command}`, "/dev/null"], {
      ...this.#options,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#ended = once(this.#server, "close");
    cleanUp(t, async () => {
      this.#server.stdin.write("\x03");
      assert.deepEqual(await this.#ended, [0, null], this.text);
    });
    this.#server.stdout.setEncoding("utf8").on("data", (chunk) => {
      this.text += chunk.replaceAll("\r\n", "\n");
      this.#server.emit("shown");
    });
    return this.shows(/http:\/\/[\w.:[\]]+:\d+\//);
  }

  // shows returns what matches the pattern, once the terminal shows it.
  async shows(pattern) {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match) return match[0];
      await Promise.race([once(this.#server, "shown"), this.#ended.then(() => assert.fail(this.text))]);
    }
  }
}

// colours are those of a terminal, by the number that SGR gives them.
const colours = {
  light: ["#24292f", "#b3261e", "#1a7f37", "#7d5200", "#0550ae", "#8250df", "#1b6f7d", "#57606a"],
  dark: ["#8b949e", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#c9d1d9"],
};

// html is text with the colours that its escape sequences ask for.
function html(text, scheme) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const [first, ...rest] = escaped.split("\x1b[");
  let style = "";
  const spans = rest.map((part) => {
    const [, codes, end, shown] = /^([\d;?]*)([A-Za-z])([^]*)$/.exec(part);
    for (const code of end === "m" ? codes.split(";").map(Number) : []) {
      if (code === 0 || code === 39) style = "";
      if (code === 1) style += "font-weight: bold;";
      if (code === 2) style += "opacity: 0.7;";
      if (code >= 30 && code < 38) style += `color: ${colours[scheme][code - 30]};`;
      if (code >= 90 && code < 98) style += `color: ${colours[scheme][code - 90]};`;
    }
    return `<span style="${style}">${shown}</span>`;
  });
  return (first + spans.join("")).replace(/^\$ .*$/gm, "<b>$&</b>");
}

const page = (terminal, shot, scheme) => `<!DOCTYPE html><style>
  body { margin: 0; display: flex; gap: 16px; padding: 16px; background: ${scheme === "dark" ? "#0d1117" : "#ffffff"}; }
  pre, img { box-sizing: border-box; width: ${size.width}px; height: ${size.height}px; margin: 0; border-radius: 8px;
    border: 1px solid ${scheme === "dark" ? "#30363d" : "#d0d7de"}; }
  pre { padding: 14px; overflow: hidden; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.45 "DejaVu Sans Mono", monospace;
    background: ${scheme === "dark" ? "#161b22" : "#f6f8fa"}; color: ${scheme === "dark" ? "#e6edf3" : "#1f2328"}; }
</style><pre>${html(terminal, scheme)}</pre><img src="data:image/png;base64,${shot.toString("base64")}" alt="">`;

for (const scheme of ["light", "dark"]) {
  const look = { needs: ["script"], colorScheme: scheme, viewport: size, reducedMotion: "reduce" };
  inBrowser(`the ${scheme} picture of README.md`, look, async (t, context) => {
    const folder = temporary(t);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "greet.sh"), greeter, { mode: 0o755 });
    const terminal = new Terminal(folder);
    terminal.run("cat greet.sh");
    terminal.run("echo Ada | ./greet.sh");
    const url = await terminal.serve(t, `wsd --address=127.0.0.1 --port=${process.env.PORT ?? 0} --devconsole ./greet.sh`);
    const console = await open(context, url);
    await connect(console);
    for (const name of ["Ada", "Grace", "Margaret"]) {
      await say(console, name);
      await row(console, "received", `Hello ${name}`);
    }
    await counted(console, "received", 3);
    await counted(console, "sent", 3);
    await terminal.shows(/CONNECT/i);
    const shot = await console.screenshot();
    const both = await context.newPage();
    await both.setViewportSize({ width: 2 * size.width + 48, height: size.height + 32 });
    await both.setContent(page(terminal.text, shot, scheme));
    const path = join(process.env.PICTURES ?? folder, `console-${scheme}.png`);
    await both.screenshot({ path });
    assert.ok(statSync(path).size < largest, `${path} has ${statSync(path).size} bytes`);
  });
}
