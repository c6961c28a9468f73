// The console on a telephone: 360 pixels wide, fingers, and a keyboard on the screen.

import assert from "node:assert/strict";
import { inBrowser } from "./browser.mjs";
import { connected, options, row, say } from "./console.mjs";
import { startWsd } from "./wsd.mjs";

const width = 360;
const phone = { viewport: { width, height: 640 }, hasTouch: true, isMobile: true };

// boxes are the places of what can be seen of the selected elements.
const boxes = (page, selector) =>
  page.$$eval(selector, (elements) =>
    elements
      .filter((element) => element.checkVisibility() && getComputedStyle(element).clipPath === "none")
      .map((element) => {
        const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
        return { what: element.id || element.textContent, scrolls: element.closest(".pane") !== null, left, right, top, bottom, width, height };
      }),
  );

// inView checks that the message, its button and some of the log are within height,
// and none over another.
async function inView(page, height) {
  const [[log], [message], [send]] = [await boxes(page, "#log"), await boxes(page, "#message"), await boxes(page, "#send")];
  assert.ok(log.top >= 0 && log.height >= 60, `the log: ${JSON.stringify(log)}`);
  assert.ok(log.bottom <= message.top && message.bottom <= height, `the message: ${JSON.stringify(message)} of ${height}`);
  assert.ok(message.right <= send.left && send.right <= width && send.bottom <= height, `the button: ${JSON.stringify(send)}`);
  assert.ok(message.width >= 180, `the message is ${message.width} pixels wide`);
}

inBrowser("a telephone: everything can be hit, and the message has room", phone, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--binary", "--dir=examples"]);
  const page = await connected(context, server, "greeter/greeter.sh");
  await page.selectOption("#as", "line");
  await say(page, "Ada");
  await row(page, "received", "Ada");
  await inView(page, 640);
  await options(page);
  await page.tap("#rows .sent time");
  await page.locator("#tools").waitFor();
  const targets = await boxes(page, "button, input:not([type=checkbox]), label:has(input), select, textarea");
  assert.ok(targets.length > 15, `${targets.length} targets`);
  for (const box of targets) assert.ok(box.width >= 44 && box.height >= 44, JSON.stringify(box));
  const fixed = targets.filter((box) => !box.scrolls); // the log cuts off what is in it
  for (const [i, a] of fixed.entries()) {
    for (const b of fixed.slice(i + 1)) {
      const apart = a.right <= b.left + 0.5 || b.right <= a.left + 0.5 || a.bottom <= b.top + 0.5 || b.bottom <= a.top + 0.5;
      assert.ok(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)} overlap`);
    }
  }
  await page.tap("#again");
  await page.locator("#rows .sent").nth(1).waitFor();
});

inBrowser("a telephone: eight bytes a row of hex, on one line each", phone, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "--binary", "cat"]);
  const page = await connected(context, server);
  await page.selectOption("#as", "hex");
  await say(page, "00 ff 10 7f 48 69 21 0a de ad be ef");
  const text = await row(page, "received", "00 ff");
  assert.equal(text, "0000  00 ff 10 7f 48 69 21 0a  ....Hi!.\n0008  de ad be ef              ....    \n");
  const lines = await page.$eval("#rows .received .text", (pre) => pre.getBoundingClientRect().height / parseFloat(getComputedStyle(pre).lineHeight));
  assert.equal(Math.round(lines), 2);
  await page.setViewportSize({ width: 1000, height: 640 }); // as when it is turned
  assert.match(await row(page, "received", "00 ff"), /^00000000  00 ff 10 7f 48 69 21 0a de ad be ef  /);
});

inBrowser("a telephone: the on-screen keyboard covers nothing", phone, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "hello");
  await row(page, "received", "hello");
  await page.tap("#message");
  // Most browsers make the page smaller.
  await page.setViewportSize({ width, height: 300 });
  await page.locator("body.short").waitFor();
  await inView(page, 300);
  assert.equal(await page.isVisible("#url"), false);
  assert.ok(await page.isVisible("#connect"));
  await page.setViewportSize({ width, height: 640 });
  await page.locator("body:not(.short)").waitFor();
  // Safari lays the keyboard over it, and tells only the visual viewport.
  await page.evaluate(() => {
    Object.defineProperty(visualViewport, "height", { value: 310 });
    visualViewport.dispatchEvent(new Event("resize"));
  });
  await inView(page, 310);
});
