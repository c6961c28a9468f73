// Clients that offer subprotocols, each by its own rules for the answer: a browser, Node's
// ws, wscat and Python's websockets.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inBrowser } from "./browser.mjs";
import { missing, missingClient, python } from "./needs.mjs";
import { startWsd } from "./wsd.mjs";

// said makes a backend that sends what it knows of the subprotocol.
const said = ["sh", "-c", 'echo "${HTTP_SEC_WEBSOCKET_PROTOCOL-none}"; exec cat'];

const listed = "--subprotocol=chat.v2,chat";

// offers are what a client offers to a server with these flags, and what is chosen.
const offers = [
  { flags: [], offered: ["connect"], chosen: "connect" },
  { flags: [], offered: ["b", "a"], chosen: "b" },
  { flags: [listed], offered: ["chat", "chat.v2"], chosen: "chat.v2" },
];

const address = (server) => server.url.replace("http:", "ws:");

// attempt runs in a page: it opens a WebSocket and tells how that went.
const attempt = ([url, offered]) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, offered);
    socket.onmessage = (event) => resolve({ protocol: socket.protocol, told: event.data });
    socket.onclose = (event) => resolve(event.code);
  });

inBrowser("a browser that offers subprotocols", { expects: /Sec-WebSocket-Protocol/ }, async (t, context) => {
  const page = await context.newPage();
  const connect = await startWsd(t, said);
  const one = await page.evaluate((url) => new Promise((resolve) => {
    const socket = new WebSocket(url, 'connect');
    socket.onmessage = (event) => resolve([socket.protocol, event.data]);
    socket.onclose = (event) => resolve(event.code);
  }), address(connect));
  assert.deepEqual(one, ["connect", "connect"]);
  for (const { flags, offered, chosen } of offers) {
    const server = await startWsd(t, [...flags, ...said]);
    assert.deepEqual(await page.evaluate(attempt, [address(server), offered]), { protocol: chosen, told: chosen });
    assert.deepEqual(await page.evaluate(attempt, [address(server), []]), { protocol: "", told: "none" });
  }
  const strict = await startWsd(t, [listed, ...said]);
  assert.equal(await page.evaluate(attempt, [address(strict), ["connect"]]), 1006, "of which none is chosen");
});

test("ws, which offers subprotocols", { skip: missingClient("ws") }, async (t) => {
  const { WebSocket } = await import("ws");
  for (const { flags, offered, chosen } of offers) {
    const server = await startWsd(t, [...flags, ...said]);
    const socket = new WebSocket(address(server), offered);
    const [message] = await once(socket, "message");
    assert.deepEqual([socket.protocol, message.toString()], [chosen, chosen]);
    socket.close();
    await once(socket, "close");
  }
  const strict = await startWsd(t, [listed, ...said]);
  const [error] = await once(new WebSocket(address(strict), "connect"), "error");
  assert.match(error.message, /Server sent no subprotocol/);
});

// printed is what a program prints until it ends.
async function printed(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] }); // stdin stays open: wscat leaves at its end
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const [code] = await once(child, "close");
  return [code, Buffer.concat(chunks).toString()];
}

test("wscat -s", { skip: missingClient("wscat/bin/wscat") }, async (t) => {
  const wscat = fileURLToPath(import.meta.resolve("wscat/bin/wscat"));
  for (const { flags, offered, chosen } of offers) {
    const server = await startWsd(t, [...flags, "sh", "-c", 'echo "${HTTP_SEC_WEBSOCKET_PROTOCOL-none}"']);
    const subprotocols = offered.flatMap((name) => ["-s", name]);
    const [code, text] = await printed(process.execPath, [wscat, "--no-color", ...subprotocols, "-c", address(server)]);
    assert.equal(code, 0);
    assert.ok(text.split(/\s+/).includes(chosen), `wscat shows ${text}`);
  }
});

const client = `
import asyncio, sys, websockets
async def main(url, *offered):
    async with websockets.connect(url, subprotocols=offered) as socket:
        print(socket.subprotocol, await socket.recv())
asyncio.run(main(*sys.argv[1:]))
`;

test("Python's websockets, which offers subprotocols", { skip: missingClient("python3-websockets") }, async (t) => {
  for (const { flags, offered, chosen } of offers) {
    const server = await startWsd(t, [...flags, ...said]);
    assert.deepEqual(await printed(python, ["-c", client, address(server), ...offered]), [0, `${chosen} ${chosen}\n`]);
  }
  const strict = await startWsd(t, [listed, ...said]);
  assert.deepEqual(await printed(python, ["-c", client, address(strict), "connect"]), [0, "None none\n"], "it takes an answer without one");
});
