// No verdict here depends on how fast this machine is: what is asked for has to
// happen while messages go on coming, however long that takes. The rates are
// printed for whoever wants to know.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deadline } from "./browser.mjs";
import { openPage } from "./devtools.mjs";
import { missing } from "./needs.mjs";
import { backend, startWsd } from "./wsd.mjs";

const windowRows = 1000; // the most that the console keeps in the page

// watch makes the page's side of the tests: window.flood.
function watch() {
  const byId = (id) => document.getElementById(id);
  const flood = (window.flood = { mostRows: 0 });

  // until is kept once test() is true, which a change of the page can make it.
  flood.until = (test) =>
    new Promise((resolve) => {
      const look = () => {
        if (!test()) return;
        changes.disconnect();
        resolve();
      };
      const changes = new MutationObserver(look);
      changes.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
      look();
    });
  flood.received = () => Number(byId("received").textContent.replaceAll(",", "").match(/\d+/)[0]);
  flood.receivedAtLeast = (count) => flood.until(() => flood.received() >= count);
  flood.state = (name) => flood.until(() => byId("state").dataset.state === name);
  flood.lastLine = () => [...document.querySelectorAll("#rows .received .text")].at(-1).textContent;

  // ended is the text of the connection's end, once that is in the log as its last row.
  flood.ended = async () => {
    const last = () => document.querySelector("#rows li.ended:last-child .text")?.textContent;
    await flood.until(last);
    return last();
  };

  // typed is kept when the next input has been handled and a frame drawn after it.
  flood.typed = () =>
    new Promise((resolve) => {
      const drawn = () => requestAnimationFrame(() => requestAnimationFrame(resolve));
      byId("message").addEventListener("input", drawn, { once: true });
    });

  const rows = new MutationObserver(() => {
    flood.mostRows = Math.max(flood.mostRows, byId("rows").children.length);
  });
  rows.observe(byId("rows"), { childList: true });
}

// floodedPage is a console that is connected to command and has got messages.
async function floodedPage(t, command) {
  const server = await startWsd(t, ["--devconsole", ...command]);
  const page = await openPage(t, server.url);
  await page.run(watch);
  await page.key("F2");
  await page.run(() => flood.state("open"));
  return page;
}

// typeInFlood types a letter at a time. Each has to be handled and drawn, and more
// messages have to come after that, before the next.
async function typeInFlood(page, letters) {
  for (const letter of letters) {
    await page.run(() => { flood.handled = flood.typed().then(flood.received); });
    await page.key(letter);
    await page.run(async () => flood.receivedAtLeast(1 + (await flood.handled)));
  }
  assert.equal(await page.run(() => document.getElementById("message").value), letters);
}

async function disconnect(page) {
  await page.key("F2");
  await page.run(() => flood.state("idle"));
  assert.match(await page.run(() => flood.ended()), /^Closed by you, code 1000\n/);
}

const options = { skip: missing(), timeout: deadline };

test("10,000 messages a second: the page answers, and keeps a bounded window", options, async (t) => {
  const page = await floodedPage(t, [process.execPath, backend("flood.mjs"), "10000"]);
  const began = performance.now();
  await page.run((count) => flood.receivedAtLeast(count), 20_000);
  const first = await page.run(() => flood.lastLine());
  await typeInFlood(page, "typing meanwhile");
  assert.notEqual(await page.run(() => flood.lastLine()), first);

  const [received, mostRows] = await page.run(() => [flood.received(), flood.mostRows]);
  t.diagnostic(`${Math.round((1000 * received) / (performance.now() - began))} messages a second, ${mostRows} rows at most`);
  assert.ok(mostRows > 0 && mostRows <= windowRows, `${mostRows} rows in the page`);
  assert.equal(await page.run(() => document.getElementById("log").getAttribute("aria-live")), "off", "nobody can listen to a flood");
  await disconnect(page);
});

test("in a flood the log stands still for a reader, and goes on", options, async (t) => {
  const page = await floodedPage(t, [process.execPath, backend("flood.mjs"), "10000"]);
  await page.run((count) => flood.receivedAtLeast(count), 10_000);
  await page.wheel("#log", -400);
  await page.run(() => flood.until(() => !document.getElementById("newest").hidden));
  const [line, received] = await page.run(() => [flood.lastLine(), flood.received()]);
  await page.run((count) => flood.receivedAtLeast(count), received + 10_000);
  assert.equal(await page.run(() => flood.lastLine()), line);
  assert.match(await page.run(() => document.getElementById("newest").textContent), /^[\d,]+ new/);

  await page.click("#newest");
  await page.run((line) => flood.until(() => flood.lastLine() !== line), line);
  assert.ok((await page.run(() => flood.mostRows)) <= windowRows);
  await disconnect(page);
});

test("no message of a flood is lost on the way", options, async (t) => {
  const total = 60_000;
  const page = await floodedPage(t, [process.execPath, backend("flood.mjs"), "10000", String(total)]);
  await page.run(() => flood.state("idle"));
  await page.run((count) => flood.receivedAtLeast(count), total);
  assert.equal(await page.run(() => flood.received()), total);
  assert.match(await page.run(() => flood.ended()), /^Closed by the server, code 1000\n/);
  assert.equal(await page.run(() => flood.lastLine()), `line ${total}`);
  assert.ok((await page.run(() => flood.mostRows)) <= windowRows);
});

// Keys go before messages here, and commands of the test behind them, so that it
// takes its time where a user's key does not.
test("a program that prints as fast as it can: the page answers, and lets go", options, async (t) => {
  const page = await floodedPage(t, ["yes"]);
  await page.run((count) => flood.receivedAtLeast(count), 20_000);
  await typeInFlood(page, "ok");
  assert.ok((await page.run(() => flood.mostRows)) <= windowRows);
  await disconnect(page);
});
