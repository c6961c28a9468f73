// What is carried from the console elsewhere and back: copies, files, commands.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inBrowser } from "./browser.mjs";
import { connect, connected, counted, noticed, openConsole, options, row, rows, say } from "./console.mjs";
import { startWsd, temporary } from "./wsd.mjs";

const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };
const copied = (page) => page.evaluate(() => navigator.clipboard.readText());

// copying presses a button and waits until it says that it has copied.
async function copying(page, button) {
  await page.click(button);
  await page.locator(button).filter({ hasText: "Copied" }).waitFor();
  return copied(page);
}

inBrowser("a message is copied as it came, and sent again", clipboard, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, '{"a":1}');
  await row(page, "received", '"a": 1');
  await page.hover("#rows .received");
  assert.equal(await page.isVisible("#again"), false, "only what was sent is sent again");
  assert.equal(await copying(page, "#copy"), '{"a":1}');
  await page.hover("#rows .sent");
  await page.click("#again");
  await counted(page, "received", 2);
  assert.deepEqual((await rows(page)).slice(1), ['sent {"a": 1}', 'received {"a": 1}', 'sent {"a": 1}', 'received {"a": 1}']);
  await page.hover("#filter");
  assert.equal(await page.isVisible("#tools"), false);
});

inBrowser("the keyboard chooses a message", clipboard, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  for (const text of ["one", "two"]) {
    await say(page, text);
    await row(page, "received", text);
  }
  await page.focus("#log");
  for (const key of ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown"]) await page.keyboard.press(key);
  assert.equal(await page.textContent("#aloud"), "sent: two");
  await page.keyboard.press("Enter");
  await page.locator("#copy").filter({ hasText: "Copied" }).waitFor();
  assert.equal(await copied(page), "two");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await counted(page, "received", 3);
  await page.click("#clear");
  assert.equal(await page.isVisible("#tools"), false);
});

inBrowser("a message is copied on a page that has no clipboard", {}, async (t, context) => {
  await context.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "by the selection");
  await row(page, "received", "by the selection");
  await page.hover("#rows .received");
  await page.click("#copy");
  await page.locator("#copy").filter({ hasText: "Copied" }).waitFor();
  await page.focus("#message");
  await page.keyboard.press("Control+V");
  assert.equal(await page.inputValue("#message"), "by the selection");
});

inBrowser("a text file is sent, and what is not text is refused", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--maxframesize=1000", "cat"]);
  const page = await openConsole(context, server);
  const file = (name, content) => page.setInputFiles("#file", { name, mimeType: "", buffer: Buffer.from(content) });
  await file("early.txt", "too early");
  await noticed(page, /^Not connected/);
  await connect(page);
  await file("lines.txt", "first\nsecond – 你好\n");
  await row(page, "received", "second");
  assert.deepEqual((await rows(page)).slice(1), ["sent first\nsecond – 你好", "received first", "received second – 你好"]);
  await file("image.png", [0x89, 0x50, 0xff]);
  await noticed(page, /^image\.png is not UTF-8 text.*--binary/);
  await file("large.txt", "x".repeat(1001));
  await noticed(page, /^large\.txt has 1,001 bytes.* 1,000 bytes, set by --maxframesize\.$/);
  await counted(page, "sent", 1);
});

inBrowser("--binary: any file is sent as it is", clipboard, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--binary", "cat"]);
  const page = await connected(context, server);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("#choose")]);
  await chooser.setFiles({ name: "bytes", mimeType: "", buffer: Buffer.from([0, 255, 10]) });
  await row(page, "received", "00 ff 0a");
  await page.hover("#rows .received");
  assert.equal(await copying(page, "#copy"), "00 ff 0a");
});

const message = `it's "quoted" $HOME \\ 你好`;

// carried opens the console, types what is awkward in a shell, and copies it as a
// command.
async function carried(t, context, as, protocols = "") {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server, "it's?a=1&b=$2");
  await options(page);
  await page.fill("#protocols", protocols);
  await page.fill("#message", message);
  return { server, address: await page.inputValue("#url"), text: await copying(page, `#as-${as}`) };
}

inBrowser("copy as wscat", clipboard, async (t, context) => {
  const { address, text } = await carried(t, context, "wscat", "chat, v2");
  // A program of that name tells how the shell has read the words.
  const bin = join(temporary(t), "bin");
  await mkdir(bin);
  await writeFile(join(bin, "wscat"), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  await chmod(join(bin, "wscat"), 0o755);
  const { stdout } = await promisify(execFile)("sh", ["-c", text], { env: { PATH: `${bin}:${process.env.PATH}` } });
  assert.deepEqual(stdout.split("\n"), ["-c", address, "-s", "chat", "-s", "v2", "-x", message, ""]);
});

inBrowser("copy as curl: the server's answer", { ...clipboard, needs: ["curl"] }, async (t, context) => {
  const { server, text } = await carried(t, context, "curl");
  const child = spawn("sh", ["-c", `exec ${text}`], { env: { PATH: process.env.PATH, no_proxy: "*" }, stdio: ["ignore", "pipe", "ignore"] });
  let answer = "";
  for await (const chunk of child.stdout) {
    answer += chunk;
    if (answer.includes("\r\n\r\n")) break; // the WebSocket would stay open
  }
  child.kill();
  assert.match(answer, /^HTTP\/1\.1 101 /);
  assert.ok(server.log.some((line) => line.includes("CONNECT") && line.includes("/it's")), server.log.join("\n"));
});

inBrowser("copy as JavaScript", { ...clipboard, expects: /./ }, async (t, context) => {
  const { server, text } = await carried(t, context, "js");
  const page = await openConsole(context, server); // of the same origin, so that it may connect
  const printed = page.waitForEvent("console");
  await page.evaluate(text);
  assert.equal((await printed).text(), message);
});
