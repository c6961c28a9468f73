// Drives the pages in a real browser. Started by TestBrowser, which is told by a
// line "cue NAME" on stdout when something is to happen outside of the browser,
// and answers with a line on stdin when it has.
//
//   node drive.js agents|room|scaleout http://127.0.0.1:A http://127.0.0.1:B CHROMIUM FOLDER
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { Watch } from "./watch.js";
import { agents } from "./agents.js";
import { room } from "./room.js";
import { scaleout } from "./scaleout.js";

const [scene, a, b, executablePath, folder] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function cue(name) {
  console.log(`cue ${name}`);
  const { done } = await answers.next();
  assert(!done, "nobody answers the cue");
}

const browser = await chromium.launch({
  executablePath,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

// open opens a page as another visitor, with a profile of its own.
async function open(url, colorScheme = "light") {
  const viewport = { width: 1000, height: 900 };
  const context = await browser.newContext({ colorScheme, viewport, ignoreHTTPSErrors: true }); // the proxy's certificate is the test's
  await context.addInitScript(noteCodes);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.watch = new Watch(page);
  await page.goto(url);
  return page;
}

// noteCodes is run in each page: codes has the close code of each WebSocket that
// has ended.
function noteCodes() {
  window.codes = [];
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("close", ({ code }) => window.codes.push(code));
    }
  };
}

// shoot keeps a picture of the page, for someone to look at.
const shoot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

try {
  await { agents, room, scaleout }[scene]({ a, b, open, cue, shoot });
} finally {
  await browser.close();
}
process.exit(0); // stdin is still open
