import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inBrowser } from "./browser.mjs";
import { connect, connected, counted, ended, noticed, openConsole, options, row, rows, say, state } from "./console.mjs";
import { startWsd, temporary } from "./wsd.mjs";

inBrowser("connect, send and receive by the keyboard alone", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server, "a/path?x=1");
  const address = server.url.replace("http:", "ws:") + "a/path?x=1";
  assert.equal(await page.inputValue("#url"), address);
  assert.equal(await page.textContent("#state"), "Not connected");

  await page.keyboard.press("Enter"); // the button has the focus
  await state(page, "open");
  assert.equal(await page.evaluate(() => document.activeElement.id), "message");
  await page.keyboard.type("héllo – 你好 🙂");
  await page.keyboard.press("Enter");
  await row(page, "received", "héllo – 你好 🙂");
  assert.equal(await page.inputValue("#message"), "");
  assert.deepEqual(await rows(page), [
    `status Connected to ${address}`,
    "sent héllo – 你好 🙂",
    "received héllo – 你好 🙂",
  ]);
  await counted(page, "sent", 1);
  await counted(page, "received", 1);

  await page.keyboard.press("F2");
  await state(page, "idle");
  assert.match(await ended(page), /^Closed by you, code 1000\n/);
  assert.match(await page.title(), /^Closed, 1000/);
});

inBrowser("a message of two lines is two lines for the program", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "sh", "-c", 'while read -r line; do echo "<$line>"; done']);
  const page = await connected(context, server);
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  await row(page, "received", "<two>");
  assert.deepEqual((await rows(page)).slice(1), ["sent one\ntwo", "received <one>", "received <two>"]);
});

inBrowser("a message of a mebibyte comes back whole", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "x".repeat(2 ** 20));
  const shown = page.locator("#rows li.received");
  await shown.getByRole("button", { name: /^Show more of 1,048,576 characters$/ }).waitFor();
  assert.ok((await shown.locator(".text").textContent()).length < 5000, "only a preview is in the page");
  assert.equal(await page.locator("#rows li.ended").count(), 0);
});

inBrowser("nothing is sent without a connection", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server);
  await say(page, "too early");
  await noticed(page, /^Not connected/);
  assert.equal(await page.inputValue("#message"), "too early");
  await connect(page);
  await page.press("#message", "Enter");
  await row(page, "received", "too early");
  assert.equal(await page.textContent("#notice"), "");
});

inBrowser("an address that can't work is refused with a reason", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server);
  for (const [address, reason] of [
    ["ws://[", /^This is not an address/],
    ["ftp://127.0.0.1/", /starts with ws:\/\/ or wss:\/\//],
    ["ws://localhost:1/", /its own host and port only/],
  ]) {
    await page.fill("#url", address);
    await page.press("#url", "Enter");
    await noticed(page, reason);
    assert.equal(await page.getAttribute("#url", "aria-invalid"), "true");
    assert.equal(await page.getAttribute("#state", "data-state"), "idle");
  }
  await page.fill("#url", "/other");
  await page.press("#url", "Enter");
  await row(page, "status", `Connected to ${server.url.replace("http:", "ws:")}other`);
  assert.equal(await page.getAttribute("#url", "aria-invalid"), null);
});

inBrowser("the page's URL follows the address", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server, "first?x=1");
  await page.fill("#url", "/second/path?y=2#gone");
  await page.press("#url", "Enter");
  await state(page, "open");
  assert.equal(page.url(), `${server.url}second/path?y=2`);
  await page.reload();
  assert.equal(await page.inputValue("#url"), server.url.replace("http:", "ws:") + "second/path?y=2");
});

inBrowser("--dir: the programs are offered, and the one at the page's path is chosen", { expects: /WebSocket connection to .* failed|404/ }, async (t, context) => {
  const dir = temporary(t);
  await mkdir(join(dir, "sub"));
  for (const name of ["echo.sh", "sub/with space & <b>.sh"]) await writeFile(join(dir, name), "#!/bin/sh\necho ready; cat\n", { mode: 0o755 });
  await writeFile(join(dir, "notes.txt"), "not a program");
  const server = await startWsd(t, ["--devconsole", `--dir=${dir}`, "--basepath=/app"]);
  const page = await openConsole(context, server, "app/echo.sh/extra");
  assert.deepEqual(await page.$$eval("#backends option", (items) => items.map((item) => item.textContent)), [
    "choose one",
    "/app/echo.sh",
    "/app/sub/with space & <b>.sh",
  ]);
  assert.equal(await page.inputValue("#backends"), "/app/echo.sh");
  await page.selectOption("#backends", { label: "/app/sub/with space & <b>.sh" });
  await connect(page);
  await row(page, "received", "ready");
  await openConsole(context, await startWsd(t, ["--devconsole", "cat"])).then(async (other) => {
    assert.equal(await other.isVisible("#backends"), false);
  });
});

inBrowser("the filter leaves the messages that hold a text", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  for (const text of ["Alpha", "beta", '{"a":1,"b":[]}']) {
    await say(page, text);
    await row(page, "received", text === "Alpha" || text === "beta" ? text : '"b"');
  }
  const seen = () => page.$$eval("#rows li:not([hidden])", (items) => items.map((item) => item.querySelector(".text").textContent));
  await page.fill("#filter", "alPHA");
  assert.deepEqual(await seen(), ["Alpha", "Alpha"]);
  assert.equal(await page.textContent("#matching"), "2 of 7 shown");
  await say(page, "beta again"); // what comes meanwhile is filtered, too
  await say(page, "alphabet");
  await row(page, "received", "alphabet");
  assert.deepEqual(await seen(), ["Alpha", "Alpha", "alphabet", "alphabet"]);
  for (const json of ['"a": 1', '"a":1']) { // as it is shown, and as it came
    await page.fill("#filter", json);
    assert.equal((await seen()).length, 2, json);
  }
  await page.fill("#filter", "nowhere");
  assert.equal(await page.textContent("#empty"), "No message holds what the filter asks for.");
  assert.ok(await page.isVisible("#empty"));
  await page.fill("#filter", "");
  assert.equal((await seen()).length, 11);
});

inBrowser("an array of plain values fills its lines", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  await say(page, JSON.stringify({ numbers, rows: Array(4).fill([1000000, 2000000, 3000000]), none: [], texts: ["x".repeat(100), "y"] }));
  const lines = (await row(page, "received", "numbers")).split("\n");
  const filled = lines.slice(lines.indexOf('  "numbers": [') + 1, lines.indexOf("  ],"));
  assert.equal(filled.join(" ").replaceAll(/ +/g, " ").trim(), numbers.join(", "));
  assert.ok(filled.length <= 6 && filled.every((line) => line.length <= 76), filled.join("\n"));
  assert.equal(lines.filter((line) => /^    \[1000000, 2000000, 3000000\],?$/.test(line)).length, 4, "an array of arrays keeps a line for each");
  assert.deepEqual(lines.slice(-5), ['  "texts": [', `    "${"x".repeat(100)}",`, '    "y"', "  ]", "}"]);
});

inBrowser("the time that an answer takes is shown", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "sh", "-c", "echo early; cat"]);
  const page = await connected(context, server);
  await row(page, "received", "early");
  assert.equal(await page.textContent("#roundtrip"), "", "nothing has been asked yet");
  await say(page, "asked");
  await row(page, "received", "asked");
  assert.match(await page.textContent("#roundtrip"), /^Round trip \d+(\.\d)? m?s$/);
});

inBrowser("silence is explained after three seconds, until something comes", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "sh", "-c", 'read -r a; read -r b; echo "$a $b"; cat']);
  const page = await connected(context, server);
  await say(page, "one");
  await page.locator("#hint").filter({ hasText: /holding its output back until it ends: flush after each line, or start wsd with --pty\.$/ }).waitFor();
  await say(page, "two");
  await row(page, "received", "one two");
  assert.equal(await page.textContent("#hint"), "");
});

inBrowser("silence is not explained where it means nothing", {}, async (t, context) => {
  const quiet = ["sh", "-c", 'read -r a; [ "$a" = end ]'];
  for (const [args, before] of [[["sh", "-c", "echo up; cat >/dev/null"], "up"], [["--pty", ...quiet]], [quiet, null, "end"]]) {
    const server = await startWsd(t, ["--devconsole", ...args]);
    const page = await openConsole(context, server);
    await page.clock.install();
    await page.reload();
    await connect(page);
    if (before) await row(page, "received", before);
    await say(page, args === quiet ? "end" : "hello");
    if (args === quiet) await ended(page);
    await page.clock.fastForward(10_000);
    assert.equal(await page.textContent("#hint"), "", args.join(" "));
    await page.close();
  }
});

inBrowser("subprotocols are offered to the server", { expects: /Sec-WebSocket-Protocol/ }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await openConsole(context, server);
  await options(page);
  for (const wrong of ["a b(c)", "chat, chat"]) {
    await page.fill("#protocols", wrong);
    await page.press("#protocols", "Enter");
    await noticed(page, /^Subprotocols are different names/);
    assert.equal(await page.getAttribute("#protocols", "aria-invalid"), "true");
  }
  const tools = await context.newCDPSession(page);
  await tools.send("Network.enable");
  const handshake = new Promise((resolve) => tools.once("Network.webSocketWillSendHandshakeRequest", resolve));
  await page.fill("#protocols", "chat, v2.chat");
  await page.press("#protocols", "Enter");
  assert.equal((await handshake).request.headers["Sec-WebSocket-Protocol"], "chat, v2.chat");
  await page.locator("#rows li.status").first().waitFor(); // connected or not is up to the server
});

inBrowser("the log is saved as a file, and cleared", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "kept");
  await row(page, "received", "kept");
  await options(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  assert.equal(download.suggestedFilename(), "wsd-console.txt");
  const saved = await readFile(await download.path(), "utf8");
  assert.match(saved, /\tstatus\tConnected to .*\n.*\tsent\tkept\n.*\treceived\tkept\n$/);
  await page.click("#clear");
  await page.locator("#empty").waitFor();
  assert.deepEqual(await rows(page), []);
});
