// A Chromium driven by bare DevTools commands through a pipe. Playwright listens
// to the Network domain, where each WebSocket message is an event of its own:
// in a flood the browser would be slowed down by being watched.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { deadline, flags, isRoot } from "./browser.mjs";
import { cleanUp } from "./cleanup.mjs";
import { chromiumPath } from "./needs.mjs";
import { temporary } from "./wsd.mjs";

// openPage starts a browser that shows url; it ends with the test.
export async function openPage(t, url) {
  const child = spawn(
    chromiumPath,
    [
      "--headless",
      ...(isRoot ? ["--no-sandbox"] : []),
      ...flags,
      "--remote-debugging-pipe",
      `--user-data-dir=${temporary(t)}`,
      "--window-size=1100,760",
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = once(child, "close");
  const kill = () => child.kill("SIGKILL");
  const timer = setTimeout(kill, deadline);
  process.once("exit", kill);
  const browser = new Pipe(child.stdio[3], child.stdio[4]);
  cleanUp(t, async () => {
    browser.call("Browser.close").catch(() => {}); // it may be gone before it answers
    await ended;
    clearTimeout(timer);
    process.removeListener("exit", kill);
  });
  const { targetInfos } = await browser.call("Target.getTargets");
  const { targetId } = targetInfos.find((target) => target.type === "page");
  const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
  const page = new Page(browser, sessionId);
  await page.call("Page.enable");
  const loaded = browser.event("Page.loadEventFired");
  await page.call("Page.navigate", { url });
  await loaded;
  return page;
}

// Pipe carries commands, answers and events, each ended by a NUL byte.
class Pipe {
  #commands;
  #answers = new Map(); // by id
  #events = new Map(); // by method
  #id = 0;

  constructor(commands, answers) {
    this.#commands = commands;
    let rest = "";
    answers.setEncoding("utf8").on("data", (text) => {
      const parts = (rest + text).split("\0");
      rest = parts.pop();
      for (const part of parts) this.#take(JSON.parse(part));
    });
    answers.on("close", () => {
      for (const { reject } of this.#answers.values()) reject(new Error("the browser has ended"));
    });
    commands.on("error", () => {}); // close tells
  }

  #take({ id, method, result, error }) {
    if (id === undefined) {
      this.#events.get(method)?.();
      return;
    }
    const { resolve, reject } = this.#answers.get(id);
    this.#answers.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  call(method, params = {}, sessionId = undefined) {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  event(method) {
    return new Promise((resolve) => this.#events.set(method, resolve));
  }
}

// Page is the browser's one tab.
class Page {
  #browser;
  #session;

  constructor(browser, session) {
    this.#browser = browser;
    this.#session = session;
  }

  call(method, params) {
    return this.#browser.call(method, params, this.#session);
  }

  // run calls a function in the page and returns what it, or its promise, gives.
  async run(act, ...args) {
    const expression = `(${act})(...${JSON.stringify(args)})`;
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // key presses one key: a letter, or F2.
  async key(key) {
    const which = key === "F2" ? { windowsVirtualKeyCode: 113 } : { text: key };
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", key, ...which });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", key, ...which, text: undefined });
  }

  // click presses the mouse in the middle of an element.
  async click(selector) {
    const at = await this.#middle(selector);
    const button = { button: "left", clickCount: 1, ...at };
    await this.call("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await this.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  }

  // wheel turns the mouse wheel over an element: pixels below 0 are upwards.
  async wheel(selector, pixels) {
    const at = await this.#middle(selector);
    await this.call("Input.dispatchMouseEvent", { type: "mouseWheel", deltaX: 0, deltaY: pixels, ...at });
  }

  #middle(selector) {
    return this.run((selector) => {
      const box = document.querySelector(selector).getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }, selector);
  }
}
