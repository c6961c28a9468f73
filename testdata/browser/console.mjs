// The console, as someone uses it who has a keyboard and eyes.

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

// openConsole shows the console of server at path.
export const openConsole = (context, server, path = "") => open(context, new URL(path, server.url).href);

// connected opens the console and connects with the key for it.
export async function connected(context, server, path = "") {
  const page = await openConsole(context, server, path);
  await connect(page);
  return page;
}

export async function connect(page) {
  await page.keyboard.press("F2");
  await state(page, "open");
}

// say types a message and sends it.
export async function say(page, text) {
  await page.fill("#message", text);
  await page.press("#message", "Enter");
}

// options shows what is behind the button "More".
export async function options(page) {
  await page.click("#more");
  await page.locator("#options").waitFor();
}

// state waits until the connection is idle, connecting, open, closing or waiting.
export const state = (page, name) => page.locator(`#state[data-state="${name}"]`).waitFor();

// row waits for the last row of a kind (sent, received, stderr, status, ended)
// whose text has the given one in it, and returns its whole text.
export async function row(page, kind, text) {
  const found = page.locator(`#rows li.${kind} .text`).filter({ hasText: text }).last();
  await found.waitFor({ state: "attached" });
  return found.textContent();
}

// rows are all rows in their order, as "kind text".
export const rows = (page) =>
  page.$$eval("#rows li", (items) =>
    items.map((item) => `${item.classList[0]} ${item.querySelector(".text").textContent}`),
  );

// ended waits for the count-th end of a connection, and returns its text.
export async function ended(page, count = 1) {
  const row = page.locator("#rows li.ended .text").nth(count - 1);
  await row.waitFor({ state: "attached" });
  return row.textContent();
}

// noticed waits until the console complains, and checks about what.
export async function noticed(page, pattern) {
  await page.locator("#notice:not(:empty)").waitFor();
  assert.match(await page.textContent("#notice"), pattern);
}

// counted waits until the counter, received or sent, shows a number of messages.
export const counted = (page, counter, messages) =>
  page
    .locator(`#${counter}`)
    .filter({ hasText: new RegExp(`^\\w+ ${messages.toLocaleString("en")}( |$)`) })
    .waitFor();
