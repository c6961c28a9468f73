// Starts the daemon under test, the one that WSD names, and ends it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cleanUp } from "./cleanup.mjs";

// repository is the top folder. wsd is started there, so that a test can name an
// example as its README does.
export const repository = fileURLToPath(new URL("../../", import.meta.url));

const longest = 300_000; // ms; no server lives longer, whatever becomes of its test

// backend is the path of a program in this folder's backends.
export const backend = (name) => fileURLToPath(new URL(`backends/${name}`, import.meta.url));

// temporary makes a folder that is removed after the test.
export function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), "wsd-browser-"));
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// startWsd starts a server on a free port of 127.0.0.1, unless args or options
// say otherwise, and returns it once it listens. It ends with the test at the
// latest. options.cache is the folder of the self-signed certificate.
export async function startWsd(t, args, options = {}) {
  assert.ok(process.env.WSD, "WSD must be the path of the wsd to test");
  const cache = options.cache ?? temporary(t);
  const flags = ["--address=127.0.0.1", `--port=${options.port ?? 0}`, "--logformat=json"];
  const child = spawn(process.env.WSD, [...flags, ...args], {
    cwd: repository,
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const server = new Wsd(child);
  cleanUp(t, () => server.stop());
  server.url = await server.listening();
  server.port = Number(new URL(server.url).port);
  return server;
}

// Wsd is one process of the daemon.
class Wsd {
  url = ""; // of the listener, with a slash at its end
  port = 0;
  log = []; // its lines so far
  #child;
  #ended;
  #killed = false;

  constructor(child) {
    this.#child = child;
    this.#ended = once(child, "close");
    this.#ended.catch(() => {}); // listening and stop tell
    const kill = () => child.kill("SIGKILL");
    const timer = setTimeout(kill, longest);
    process.once("exit", kill);
    child.once("close", () => {
      clearTimeout(timer);
      process.removeListener("exit", kill);
    });
  }

  // listening is the URL in the log's line for the first listener.
  async listening() {
    const lines = createInterface({ input: this.#child.stderr });
    const url = new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        this.log.push(line);
        if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).url);
      });
      lines.on("close", () => reject(new Error(`wsd does not listen:\n${this.log.join("\n")}`)));
    });
    return Promise.race([url, this.#ended.then(() => url)]);
  }

  // stop ends the server by SIGTERM, as an operator does, and checks that it
  // ends well. Only the first call does anything.
  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    const [code, signal] = await this.#ended;
    if (this.#killed) return;
    assert.deepEqual([code, signal], [0, null], `wsd did not end well:\n${this.log.join("\n")}`);
  }

  // kill ends the server without giving it time for a close frame.
  async kill() {
    this.#killed = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
