import assert from "node:assert/strict";
import { inBrowser } from "./browser.mjs";
import { connected, ended, options, row, say, state } from "./console.mjs";
import { startWsd } from "./wsd.mjs";

const failed = /WebSocket connection to .* failed|ERR_CONNECTION_REFUSED/;

inBrowser("the console comes back to a new server on the same port", { expects: failed }, async (t, context) => {
  const first = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, first);
  await options(page);
  await page.check("#reconnect");
  await say(page, "before");
  await row(page, "received", "before");
  await first.stop();
  assert.match(await ended(page), /^Closed by the server, code 1001/);
  assert.notEqual(await page.getAttribute("#state", "data-state"), "open");

  await startWsd(t, ["--devconsole", "cat"], { port: first.port });
  await state(page, "open");
  await say(page, "after");
  await row(page, "received", "after");
  await row(page, "received", "before"); // the log goes on
  await page.keyboard.press("F2");
  await state(page, "idle"); // the user's own end is the end
});

inBrowser("waiting for a server ends when the user says so", { expects: failed }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await options(page);
  await page.check("#reconnect");
  await server.stop();
  // The second attempt at the latest waits long enough to be seen.
  await page.locator("#state").filter({ hasText: /^Connecting again in [1-9]\d* s$/ }).waitFor();
  await page.uncheck("#reconnect");
  await state(page, "idle");
});

inBrowser("without the check mark an end is an end", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "sh", "-c", "read -r line"]);
  const page = await connected(context, server);
  await say(page, "end");
  await ended(page);
  await state(page, "idle");
  await page.keyboard.press("F2");
  await state(page, "open");
});
