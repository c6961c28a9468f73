import assert from "node:assert/strict";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inBrowser } from "./browser.mjs";
import { connect, connected, ended, openConsole, row, say, state } from "./console.mjs";
import { startWsd, temporary } from "./wsd.mjs";

// Each backend ends by itself once it has had a line.
const ends = [
  ["exit status 0", "echo bye", /^Closed by the server, code 1000\nThe program ended well/, "Closed, 1000"],
  ["exit status 7", "echo bye; exit 7", /^Closed by the server, code 1011: exit status 7\n/, "Closed, 1011"],
  ["a signal", "echo bye; kill -KILL $$", /^Closed by the server, code 1011: signal: SIGKILL\n/, "Closed, 1011"],
];
for (const [what, script, text, label] of ends) {
  inBrowser(`a program that ends with ${what}: code and reason are shown`, {}, async (t, context) => {
    const server = await startWsd(t, ["--devconsole", "sh", "-c", `read -r line; ${script}`]);
    const page = await connected(context, server);
    await say(page, "end");
    assert.match(await ended(page), text);
    await row(page, "received", "bye");
    await state(page, "idle");
    assert.equal(await page.textContent("#state"), label);
    assert.equal(await page.textContent("#connect"), "Connect");
    await connect(page); // a new process
  });
}

inBrowser("a program that can't be started: 1011", {}, async (t, context) => {
  const program = join(temporary(t), "program");
  await writeFile(program, "#!/bin/sh\n");
  await chmod(program, 0o755);
  const server = await startWsd(t, ["--devconsole", program]);
  await rm(program);
  const page = await openConsole(context, server);
  await page.keyboard.press("F2");
  assert.match(await ended(page), /^Closed by the server, code 1011: cannot start\n/);
});

inBrowser("a message above --maxframesize: 1009, and the flag is named", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--maxframesize=1000", "cat"]);
  const page = await connected(context, server);
  await say(page, "x".repeat(1001));
  assert.match(await ended(page), /^Closed by the server, code 1009.*\n.* 1,000 bytes, set by --maxframesize\.$/);
});

inBrowser("a server that ends on SIGTERM: 1001", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await server.stop();
  assert.match(await ended(page), /^Closed by the server, code 1001: server is shutting down\n/);
  await state(page, "idle");
});

inBrowser("a server that is killed: lost, 1006", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await server.kill();
  assert.match(await ended(page), /^Lost, code 1006\nThe connection broke/);
});

const failed = /WebSocket connection to .* failed|the server responded with a status|ERR_CONNECTION_REFUSED/;

inBrowser("a refused WebSocket: the console tells what may be behind it", { expects: failed }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--maxforks=1", "cat"]);
  await connected(context, server);
  const page = await openConsole(context, server);
  await page.keyboard.press("F2");
  assert.match(await ended(page), /^Could not connect to /);
  assert.match(await row(page, "status", "The server runs but"), /as many sessions as allowed \(429\)/);
});

inBrowser("a server that is gone: the console says so", { expects: failed }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server);
  await server.stop();
  await page.keyboard.press("F2");
  assert.match(await ended(page), /^Could not connect to /);
  await row(page, "status", "The server does not answer at all.");
});
