// One headless Chromium for each test file, and for each test a context of its
// own: a profile without history, storage or accepted certificates.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { cleanUp } from "./cleanup.mjs";
import { chromiumPath, missing } from "./needs.mjs";

// deadline is for a test as a whole, in ms: it ends what hangs and judges nothing.
export const deadline = 240_000;

// flags keep the browser from talking to anyone but the test's servers.
export const flags = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// isRoot: Chromium has no sandbox for root.
export const isRoot = process.getuid?.() === 0;

let browser = null;

async function launch() {
  const { chromium } = await import("playwright-core");
  browser = await chromium.launch({ executablePath: chromiumPath, headless: true, chromiumSandbox: !isRoot, args: flags });
  return browser;
}

after(() => browser?.close());

// inBrowser declares a test that gets a context. What the page's console
// reports as an error or a warning fails the test, unless options.expects, a
// regular expression, matches it. options.needs are the tools that a backend
// needs; all others are Playwright's for a context.
export function inBrowser(name, options, body) {
  const { expects = /(?!)/, needs = [], ...contextOptions } = options;
  test(name, { skip: missing(...needs), timeout: deadline }, async (t) => {
    const context = await (browser ?? (await launch())).newContext({
      colorScheme: "light",
      viewport: { width: 1100, height: 760 },
      ...contextOptions,
    });
    cleanUp(t, () => context.close());
    context.setDefaultTimeout(deadline / 2);
    const problems = [];
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) problems.push(message.text());
    });
    context.on("weberror", (error) => problems.push(error.error().stack));
    await body(t, context);
    assert.deepEqual(problems.filter((text) => !expects.test(text)), [], "the page complains");
  });
}

// open shows a URL in a new tab.
export async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}
