// A self-signed certificate, taken as a person takes it: by the browser's own
// warning and its buttons. No flag tells the browser to look away.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inBrowser, open } from "./browser.mjs";
import { connect, connected, ended, row, say } from "./console.mjs";
import { startWsd, temporary } from "./wsd.mjs";

const refused = /ERR_CERT_AUTHORITY_INVALID/;
const flags = ["--ssl", "--devconsole", "cat"];

const certificate = async (cache) => new X509Certificate(await readFile(join(cache, "wsd", "selfsigned.pem")));

// warned opens the console where the browser does not trust the certificate, and
// returns the tab with the browser's warning.
async function warned(context, server) {
  const page = await context.newPage();
  await assert.rejects(page.goto(server.url), refused);
  await page.locator("#details-button").waitFor();
  return page;
}

// accept goes on from the warning to the console.
async function accept(page, server) {
  await page.click("#details-button");
  await page.click("#proceed-link");
  await page.waitForURL(server.url);
  await page.locator("#connect").waitFor();
}

// opens tells whether a wss:// WebSocket to server opens, from a tab with no
// page of that server.
async function opens(context, server) {
  const page = await context.newPage();
  const result = await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve("open");
        socket.onclose = (event) => resolve(event.code);
      }),
    server.url.replace("https:", "wss:"),
  );
  await page.close();
  return result;
}

inBrowser("a self-signed certificate: refused, accepted, then wss works", { expects: refused }, async (t, context) => {
  const cache = temporary(t);
  const server = await startWsd(t, flags, { cache });
  assert.equal(await opens(context, server), 1006);

  const page = await warned(context, server);
  const { raw, fingerprint256 } = await certificate(cache);
  const shown = (await page.textContent("body")).replace(/\s/g, "");
  assert.ok(shown.includes(raw.toString("base64")), "the warning is about wsd's certificate");
  assert.ok(server.log.some((line) => line.includes(fingerprint256)), "its fingerprint is in the log, to compare");

  await accept(page, server);
  assert.equal(await page.inputValue("#url"), server.url.replace("https:", "wss:"));
  await connect(page);
  await say(page, "secret");
  await row(page, "received", "secret");
  assert.equal(await opens(context, server), "open");
});

inBrowser("after a restart the accepted certificate is still the one", { expects: refused }, async (t, context) => {
  const cache = temporary(t);
  const first = await startWsd(t, flags, { cache });
  const page = await warned(context, first);
  await accept(page, first);
  const before = await certificate(cache);
  await connect(page);
  await first.stop();
  assert.match(await ended(page), /code 1001/);

  const second = await startWsd(t, flags, { cache, port: first.port });
  assert.equal((await certificate(cache)).fingerprint256, before.fingerprint256);
  await connect(page); // the page that is still there
  await say(page, "again");
  await row(page, "received", "again");
  await connected(context, second); // and a new tab, which no warning stops
});

inBrowser("a page learns that the certificate is another", { expects: refused }, async (t, context) => {
  const first = await startWsd(t, flags);
  const page = await warned(context, first);
  await accept(page, first);
  await first.stop();

  const second = await startWsd(t, flags, { port: first.port }); // with a folder of its own
  await page.keyboard.press("F2");
  assert.match(await ended(page), /^Could not connect to wss:/);
  assert.match(await row(page, "status", "does not answer"), /it has a new certificate: reload this page/);
  await accept(await warned(context, second), second);
  await connect(page);
});

inBrowser("--redirport sends http to https", { expects: refused }, async (t, context) => {
  const free = await startWsd(t, ["cat"]);
  await free.stop();
  const server = await startWsd(t, [`--redirport=${free.port}`, ...flags]);
  const before = await warned(context, server);
  await accept(before, server);
  const page = await open(context, `http://127.0.0.1:${free.port}/path?x=1`);
  assert.equal(page.url(), `${server.url}path?x=1`);
  await connect(page);
});
