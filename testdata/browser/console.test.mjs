import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { inBrowser } from "./browser.mjs";
import { connect, connected, counted, ended, noticed, openConsole, row, rows, say, state } from "./console.mjs";
import { startWsd } from "./wsd.mjs";

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
    ["ws://[", /^This is no address/],
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

inBrowser("the log is saved as a file, and cleared", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "kept");
  await row(page, "received", "kept");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  assert.equal(download.suggestedFilename(), "wsd-console.txt");
  const saved = await readFile(await download.path(), "utf8");
  assert.match(saved, /\tstatus\tConnected to .*\n.*\tsent\tkept\n.*\treceived\tkept\n$/);
  await page.click("#clear");
  await page.locator("#empty").waitFor();
  assert.deepEqual(await rows(page), []);
});
