import assert from "node:assert/strict";
import { inBrowser } from "./browser.mjs";
import { connect, connected, options, row, say } from "./console.mjs";
import { startWsd } from "./wsd.mjs";

// recalled is what the message field holds after each key.
async function recalled(page, keys) {
  const values = [];
  for (const key of keys) {
    await page.keyboard.press(key);
    values.push(await page.inputValue("#message"));
  }
  return values;
}

inBrowser("the arrow keys bring back what was sent, and the draft", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  for (const text of ["one", "two", "two", "three"]) await say(page, text);
  await page.keyboard.type("draft");
  assert.deepEqual(
    await recalled(page, ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"]),
    ["three", "two", "one", "one", "two", "three", "draft", "draft"],
  );
});

inBrowser("a message that was brought back is changed and sent", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "first");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type(" again");
  await page.keyboard.press("Enter");
  await row(page, "received", "first again");
  assert.deepEqual(await recalled(page, ["ArrowUp", "ArrowUp"]), ["first again", "first"]);
});

inBrowser("in a message of several lines the arrows move first", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "sent");
  await page.keyboard.type("above");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("below");
  assert.deepEqual(await recalled(page, ["ArrowUp", "ArrowUp", "ArrowDown"]), ["above\nbelow", "sent", "above\nbelow"]);
});

inBrowser("the history outlives a reload and the tab, until it is forgotten", {}, async (t, context) => {
  const server = await startWsd(t, ["--devconsole", "cat"]);
  const page = await connected(context, server);
  await say(page, "remembered");
  await page.reload();
  await page.focus("#message");
  assert.deepEqual(await recalled(page, ["ArrowUp"]), ["remembered"]);
  const other = await connected(context, server);
  await say(other, "in another tab");
  await connect(page);
  await say(page, "here");
  await page.close();
  await other.close();

  const third = await connected(context, server);
  assert.deepEqual(await recalled(third, ["ArrowUp", "ArrowUp", "ArrowUp"]), ["here", "in another tab", "remembered"]);
  await options(third);
  await third.click("#forget");
  await third.reload();
  await third.focus("#message");
  assert.deepEqual(await recalled(third, ["ArrowUp"]), [""]);
});
