// The examples, as their README tells to run them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { inBrowser, open } from "./browser.mjs";
import { connected, ended, openConsole, row, rows, say } from "./console.mjs";
import { startWsd, temporary } from "./wsd.mjs";

const stats = ["--staticdir=examples/stats", "examples/stats/stats.py", "0.1"];

// points is how many values a chart of the page shows.
const points = (page, chart) =>
  page.$eval(`#${chart}-chart polyline`, (line) => line.getAttribute("points")?.split(" ").length ?? 0);

inBrowser("stats: the page shows figures and draws them", { needs: ["python3"] }, async (t, context) => {
  const server = await startWsd(t, stats);
  const page = await open(context, server.url);
  await page.locator("#status").filter({ hasText: /^Connected$/ }).waitFor();
  await page.locator("#load").filter({ hasText: /^\d+\.\d\d 5 min: .*CPUs: \d+$/ }).waitFor();
  await page.locator("#memory").filter({ hasText: /^\d+ % \d+\.\d of \d+\.\d GiB$/ }).waitFor();
  await page.locator("#uptime").filter({ hasText: /^\d+ d \d+ h \d+ min/ }).waitFor();
  await page.waitForFunction(() => document.querySelector("#load-chart polyline").points.length >= 5);
  // A minute's worth of values is kept, however long the page is open.
  await page.waitForFunction(() => document.querySelector("#memory-chart polyline").points.length >= 61);
  // The axes: from 0 to all, and from the first value that is kept to now.
  const texts = (selector) => page.$$eval(selector, (elements) => elements.map((element) => element.textContent));
  assert.deepEqual(await texts("#memory-chart .values span"), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
  const load = (await texts("#load-chart .values span")).map(Number);
  assert.ok(load[0] === 0 && load.length > 2 && load.every((value, i) => i === 0 || value > load[i - 1]), load.join(" "));
  const [left, , right] = await texts("#load-chart .times span");
  assert.match(left, /^\d+(\.\d)? s ago$/);
  assert.equal(right, "now");
  assert.equal(await page.$eval("#memory-chart polygon", (fill) => fill.points.length), 63, "the fill goes down to the axis");
  const newest = () => page.$eval("#uptime", (element) => element.textContent);
  assert.notEqual(await newest(), "–");
  assert.equal(await points(page, "load"), 61);
});

const failed = /WebSocket connection to .* failed|ERR_CONNECTION_REFUSED/;

inBrowser("stats: the page comes back to a new server", { needs: ["python3"], expects: failed }, async (t, context) => {
  const first = await startWsd(t, stats);
  const page = await open(context, first.url);
  const status = (text) => page.locator("#status").filter({ hasText: new RegExp(`^${text}$`) }).waitFor();
  await status("Connected");
  await first.stop();
  await status("Not connected; trying again");
  await startWsd(t, stats, { port: first.port });
  await status("Connected");
});

inBrowser("count: ten messages, then 1000", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "examples/count/count.sh", "0.1"]);
  const page = await openConsole(context, server);
  await page.keyboard.press("F2");
  assert.match(await ended(page), /code 1000\n/);
  const numbers = Array.from({ length: 10 }, (_, i) => `received ${i + 1}`);
  assert.deepEqual((await rows(page)).slice(1, -1), numbers);
});

inBrowser("greeter: an answer for each line", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "examples/greeter/greeter.sh"]);
  const page = await connected(context, server);
  await say(page, "Ada");
  await row(page, "received", "Ada");
});

inBrowser("json: a request and its reply", { needs: ["python3"] }, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "examples/json/calc.py"]);
  const page = await connected(context, server);
  await say(page, '{"id": 1, "op": "add", "args": [1, 2]}');
  assert.equal(await row(page, "received", '"id": 1'), '{"id": 1, "result": 3.0}');
  await say(page, "not json");
  await row(page, "received", '"error": "not JSON"');
});

inBrowser("chat: two tabs talk to each other", {}, async (t, context) => {
  const room = join(temporary(t), "room");
  const server = await startWsd(t, ["--devconsole", "examples/chat/chat.sh", room]);
  const one = await connected(context, server);
  await row(one, "received", "joined");
  const two = await connected(context, server);
  await row(two, "received", "joined");
  await say(two, "hello from two");
  await row(one, "received", ": hello from two");
  await say(one, "and from one");
  await row(two, "received", ": and from one");
  await two.keyboard.press("F2");
  await row(one, "received", " left");
});
