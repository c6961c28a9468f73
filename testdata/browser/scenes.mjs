// What the pages look like in the states that people see them in. Each scene is a
// server's arguments and the steps that lead there.

import { open } from "./browser.mjs";
import { connected, counted, ended, noticed, openConsole, options, row, say } from "./console.mjs";
import { backend } from "./wsd.mjs";

const json = '{"id":7,"method":"list","params":{"of":"machines","where":["cellar","attic","shed"],"deep":true,"limit":null}}';

export const scenes = [
  {
    name: "start",
    args: ["--devconsole", "cat"],
    act: openConsole,
  },
  {
    name: "keyboard",
    args: ["--devconsole", "cat"],
    async act(context, server) {
      const page = await openConsole(context, server);
      await page.click("summary");
      return page;
    },
  },
  {
    name: "session",
    args: ["--devconsole", "--passstderr", backend("session.sh")],
    async act(context, server) {
      const page = await connected(context, server, "machines?floor=1");
      await row(page, "stderr", "warning");
      await say(page, "hello");
      await row(page, "received", "hello");
      await say(page, json);
      await row(page, "received", "machines");
      await say(page, "");
      await page.locator("#rows .received .void").waitFor();
      await counted(page, "received", 5);
      await counted(page, "sent", 3);
      await page.fill("#message", "the next message");
      return page;
    },
  },
  {
    name: "ended",
    args: ["--devconsole", "--passstderr", backend("session.sh")],
    async act(context, server) {
      const page = await connected(context, server);
      await say(page, "quit");
      await ended(page);
      await counted(page, "received", 3);
      return page;
    },
  },
  {
    name: "refused",
    args: ["--devconsole", "--dir=examples/greeter"],
    expects: /WebSocket connection to .* failed|the server responded with a status/,
    async act(context, server) {
      const page = await openConsole(context, server, "no-such-program");
      await page.keyboard.press("F2");
      await row(page, "status", "The server runs but");
      return page;
    },
  },
  {
    name: "bad-address",
    args: ["--devconsole", "cat"],
    async act(context, server) {
      const page = await openConsole(context, server);
      await page.fill("#url", "ftp://127.0.0.1/");
      await page.press("#url", "Enter");
      await noticed(page, /starts with ws/);
      return page;
    },
  },
  {
    name: "binary",
    args: ["--devconsole", "--binary", "cat"],
    async act(context, server) {
      const page = await connected(context, server);
      await page.selectOption("#as", "hex");
      await say(page, "00 ff 10 7f 48 69 21 0a de ad be ef 01 02 03 04 05 06 07 08");
      await row(page, "received", "de ad be ef");
      await say(page, "48 69 0a");
      await row(page, "received", "Hi");
      await counted(page, "sent", 2);
      await say(page, "4x");
      await noticed(page, /^Hex bytes/);
      return page;
    },
  },
  {
    name: "reading",
    args: ["--devconsole", "sh", "-c", "seq -f 'line %g of many' 200; cat"],
    async act(context, server) {
      const page = await connected(context, server);
      await say(page, "long ".repeat(2000));
      await page.locator("#rows .received").getByRole("button", { name: /^Show all/ }).waitFor();
      await counted(page, "received", 201);
      await page.keyboard.press("PageUp");
      await page.locator("#newest").waitFor();
      return page;
    },
  },
  {
    name: "more",
    args: ["--devconsole", "--dir=examples"],
    async act(context, server) {
      const page = await connected(context, server, "greeter/greeter.sh");
      await say(page, "Ada");
      await row(page, "received", "Ada");
      await counted(page, "sent", 1);
      await options(page);
      await page.fill("#filter", "Ada");
      await page.hover("#rows .sent");
      await page.locator("#tools").waitFor();
      return page;
    },
  },
  {
    name: "silent",
    args: ["--devconsole", "sh", "-c", "cat >/dev/null"],
    async act(context, server) {
      const page = await connected(context, server);
      await say(page, "Is anybody there?");
      await page.locator("#hint:not(:empty)").waitFor();
      await counted(page, "sent", 1);
      return page;
    },
  },
  {
    name: "stats",
    needs: ["python3"],
    args: ["--staticdir=examples/stats", "examples/stats/stats.py", "0.1"],
    async act(context, server) {
      const page = await open(context, server.url);
      await page.waitForFunction(() => document.querySelector("#memory-chart polyline").points.length >= 30);
      return page;
    },
  },
  {
    name: "stats-lost",
    needs: ["python3"],
    args: ["--staticdir=examples/stats", "examples/stats/stats.py", "0.1"],
    expects: /WebSocket connection to .* failed|ERR_CONNECTION_REFUSED/,
    async act(context, server) {
      const page = await open(context, server.url);
      await page.locator("#uptime").filter({ hasText: "min" }).waitFor();
      await server.stop();
      await page.locator("#status").filter({ hasText: "Not connected" }).waitFor();
      return page;
    },
  },
];
