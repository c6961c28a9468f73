"use strict";

// The console keeps a bounded window of messages, draws at most once a frame,
// and puts a message into the page by textContent only: what a backend says
// can never become markup.

const windowMessages = 1000;      // kept in the page, and waiting to be drawn
const drawMessages = 200;         // drawn at once
const windowSize = 32 * 1048576;  // bytes kept, and waiting; the newest message is kept whatever its size
const previewChars = 2000;        // shown of a message before "Show all"
const previewLines = 24;
const showAllChars = 500000;      // more than that in one row stalls a browser
const jsonChars = 200000;         // longer JSON is shown as it came
const jsonWidth = 76;             // characters of a line
const jsonDepth = 64;             // deeper JSON would be mostly indentation
const hexColumns = 76;            // of one row of a hex dump, with its newline
const historyLines = 100;
const burst = 10;                 // more rows at once than this are not read out

const facts = document.documentElement.dataset;
const passStderr = facts.passStderr === "true";
const binary = facts.binary === "true";
const maxMessage = Number(facts.maxMessage) || 0;
const byId = id => document.getElementById(id);
const [log, list, message, notice] = ["log", "rows", "message", "notice"].map(byId);
const pageURL = (location.protocol === "https:" ? "wss://" : "ws://") + location.host + location.pathname + location.search;

// ---- The connection ----

let socket = null;       // the one WebSocket whose events count
let state = "idle";      // idle, connecting, open, closing, waiting
let opened = false;      // socket was open once
let byUser = false;      // the user asked for the end
let failures = 0;        // attempts in a row that came to nothing; sets the wait before the next
let retryTimer = 0;
let openedAt = 0;
let explained = false;   // whyNot has spoken since the last success
let refusedByPolicy = false;

function setState(next, text) {
  state = next;
  const label = {idle: "Connect", connecting: "Cancel", open: "Disconnect", closing: "Let go", waiting: "Cancel"}[next];
  byId("connect").textContent = label;
  byId("state").dataset.state = next;
  byId("state").textContent = text;
  document.title = text + " – wsd console";
}

// address is the URL field's value as a WebSocket URL, or null after telling
// what is wrong with it.
function address() {
  const field = byId("url");
  const fail = text => { complain(text, field); return null; };
  let url;
  try {
    url = new URL(field.value.trim(), pageURL);
    url.protocol = url.protocol.replace(/^http/, "ws");
    url.hash = "";
  } catch {
    return fail("This is no address: " + field.value);
  }
  if (!/^wss?:$/.test(url.protocol)) {
    return fail("An address starts with ws:// or wss://, or with / for a path on this server.");
  }
  if (url.host !== location.host) {
    return fail("This page may talk to its own host and port only, " + location.host + ". Open the console of the other server instead.");
  }
  if (location.protocol === "https:" && url.protocol === "ws:") {
    return fail("A page loaded by https:// may use wss:// only.");
  }
  return url.href;
}

// start connects to the address in the field, as the user asked.
function start() {
  const url = address();
  if (url === null) return;
  byId("url").value = url;
  complain("");
  failures = 0;
  explained = false;
  connect(url);
}

function connect(url) {
  opened = byUser = refusedByPolicy = false;
  resetCounts();
  setState("connecting", "Connecting…");
  const mine = socket = newSocket(url);
  if (mine === null) {
    refusedByPolicy = true;
    return onClose({code: 1006}, url);
  }
  mine.binaryType = "arraybuffer";
  // Each handler looks whether its socket is still the one in use: a socket that
  // was let go can go on for a while.
  mine.onopen = () => { if (mine === socket) onOpen(url); };
  mine.onmessage = event => { if (mine === socket) onMessage(event.data); };
  mine.onclose = event => { if (mine === socket) onClose(event, url); };
}

// newSocket is null where the page's policy forbids the address. Some browsers
// throw then, some make a closed socket that has no close event, and some let
// it fail like any other, after a securitypolicyviolation event.
function newSocket(url) {
  try {
    const made = new WebSocket(url);
    return made.readyState === WebSocket.CLOSED ? null : made;
  } catch {
    return null;
  }
}

function onOpen(url) {
  opened = true;
  explained = false;
  openedAt = performance.now();
  setState("open", "Connected");
  addStatus("Connected to " + url);
  const focused = document.activeElement;
  if (focused === document.body || focused === byId("connect") || focused === byId("url")) message.focus();
}

function onMessage(data) {
  count(counts.received, data);
  add("received", data);
}

function onClose(event, url) {
  socket = null;
  if (opened) {
    addStatus(closeText(event), "ended");
    // A session that lasted starts the waiting times anew.
    failures = performance.now() - openedAt > 5000 ? 0 : failures + 1;
  } else if (!byUser) {
    addStatus("Could not connect to " + url, "ended");
    failures++;
    if (!explained) whyNot(url);
    explained = true;
  }
  if (byUser || !byId("reconnect").checked) {
    failures = 0;
    return setState("idle", opened ? "Closed, " + event.code : "Not connected");
  }
  const seconds = Math.min(2 ** Math.max(failures - 1, 0), 30);
  setState("waiting", "Connecting again in " + seconds + " s");
  retryTimer = setTimeout(connect, seconds * 1000, url);
}

// disconnect ends what there is: an open socket with a closing handshake, and
// anything before or after that at once.
function disconnect() {
  byUser = true;
  clearTimeout(retryTimer);
  if (state === "open") {
    setState("closing", "Closing…");
    return socket.close(1000);
  }
  if (state !== "waiting") addStatus(state === "closing" ? "Let go before the server’s close frame came" : "Cancelled");
  if (socket) socket.close();
  socket = null;
  failures = 0;
  setState("idle", "Not connected");
}

function toggleConnection() {
  if (state === "idle") start(); else disconnect();
}

// closeText is a close code with its reason and its meaning in plain words.
function closeText(event) {
  const who = event.code === 1006 ? "Lost" : byUser ? "Closed by you" : "Closed by the server";
  const reason = event.reason ? ": " + event.reason : "";
  return who + ", code " + event.code + reason + "\n" + meaning(event.code);
}

// meaning says what a close code means here (RFC 6455, section 7.4, and the
// registry of WebSocket close codes).
function meaning(code) {
  if (code === 1000 && byUser) return "A normal end; the program is told by the end of its stdin.";
  if (code === 1009 && maxMessage > 0) {
    return "A message was larger than the server takes: " + number(maxMessage) + " bytes, set by --maxframesize.";
  }
  const meanings = {
    1000: "The program ended well, with exit status 0.",
    1001: "The server is shutting down or going away.",
    1002: "One side did not keep to the WebSocket protocol.",
    1003: "The server takes text messages only, and this one was binary.",
    1005: "The other side gave no code.",
    1006: "The connection broke without a close frame: the server was killed, the network failed, or a proxy cut a quiet connection.",
    1007: "A text message was not valid UTF-8.",
    1008: "The message or the session is against a rule of the server.",
    1009: "A message was larger than the server takes.",
    1010: "The server lacks an extension that the client asked for.",
    1011: "The program failed or could not be started. The server’s log has its stderr.",
    1012: "The server is restarting.",
    1013: "The server is busy; try again later.",
    1014: "A proxy got a bad answer from the server behind it.",
    1015: "The TLS handshake failed.",
  };
  if (code in meanings) return meanings[code];
  return code >= 4000 ? "A private code of this application." : "A code registered by a library or framework.";
}

// whyNot says what might be behind a failed attempt. A script never learns the
// HTTP status of a refused upgrade, but it can ask for its own page again.
async function whyNot(url) {
  const page = new URL(url);
  page.protocol = page.protocol.replace(/^ws/, "http");
  if (refusedByPolicy) {
    return addStatus("The browser did not try: this page may talk to its own host only, at ws:// and wss://.");
  }
  if (page.origin !== location.origin) {
    return addStatus("The server may not listen there. If its certificate is self-signed, open " + page.origin + " in a tab, accept the certificate there, and try again.");
  }
  try {
    await fetch(location.href, {method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(5000)});
    addStatus("The server runs but refused the WebSocket. There may be no program at this path (404), as many sessions as allowed (429), a page origin that is not allowed (403), or a proxy in between that does not pass upgrades on. The server’s log tells which.");
  } catch {
    addStatus("The server does not answer at all. It may have stopped" +
      (location.protocol === "https:" ? ", or it has a new certificate: reload this page to see." : "."));
  }
}

document.addEventListener("securitypolicyviolation", event => {
  if (event.effectiveDirective === "connect-src") refusedByPolicy = true;
});

// ---- What waits to be drawn, and what is in the page ----

let queue = [];           // entries that are not drawn yet
let queueSize = 0;
let shown = [];           // entries in the page, each with its row
let shownSize = 0;
let skipped = 0;          // entries that left the queue without being drawn
let frame = 0;
let restUntil = 0;        // no drawing before this time, so that the page stays at hand
let following = true;     // the log is at its end and stays there

function addStatus(text, kind = "") {
  add("status", text, kind);
  // A muted log is not read out, and a log that stands still shows nothing.
  if (log.getAttribute("aria-live") === "off" || !following) tell(text);
}

// add queues one entry. The queue is bounded: the oldest messages that came leave
// it undrawn, and draw tells how many. What the user sent stays, and so does the
// connection's news.
function add(direction, data, kind = "") {
  const size = typeof data === "string" ? data.length : data.byteLength;
  queue.push({time: new Date(), direction, data, size, kind, row: null, expanded: false, hex: null});
  queueSize += size;
  while (queue.length > windowMessages || (queueSize > windowSize && queue.length > 1)) {
    const oldest = Math.max(0, queue.findIndex(entry => entry.direction === "received"));
    queueSize -= queue.splice(oldest, 1)[0].size;
    skipped++;
  }
  schedule();
}

function schedule() {
  if (frame === 0) frame = requestAnimationFrame(draw);
}

// draw puts some of what waits into the page, then rests for three times as long
// as that took: under any flood most of the time is left for the user.
function draw() {
  frame = 0;
  tick();
  showWaiting();
  if (!following || queue.length === 0) return;
  const start = performance.now();
  if (start < restUntil) return schedule();
  if (queue.length > burst) mute();
  const rows = document.createDocumentFragment();
  if (skipped > 0) take(skipEntry(), rows);
  for (const entry of queue.splice(0, drawMessages)) {
    queueSize -= entry.size;
    take(entry, rows);
  }
  list.append(rows);
  trim();
  byId("empty").hidden = true;
  list.hidden = false;
  toEnd();
  restUntil = performance.now() + 3 * (performance.now() - start);
  if (queue.length > 0) schedule();
}

function take(entry, rows) {
  entry.row = makeRow(entry);
  rows.append(entry.row);
  shown.push(entry);
  shownSize += entry.size;
}

// skipEntry stands for the entries that were never drawn.
function skipEntry() {
  const text = number(skipped) + (skipped === 1 ? " message" : " messages") + " not shown: more came than the log holds";
  skipped = 0;
  return {time: queue[0].time, direction: "status", data: text, size: text.length, kind: "", row: null};
}

function trim() {
  while (shown.length > windowMessages || (shownSize > windowSize && shown.length > 1)) {
    const entry = shown.shift();
    shownSize -= entry.size;
    entry.row.remove();
  }
}

function clear() {
  list.replaceChildren();
  queue = []; shown = [];
  queueSize = shownSize = skipped = 0;
  following = true;
  byId("empty").hidden = false;
  list.hidden = true;
  toEnd();
  showWaiting();
  tell("Log cleared.");
}

// ---- Following the end ----

let lastTop = 0;

function toEnd() {
  log.scrollTop = log.scrollHeight;
  lastTop = log.scrollTop;
}

// The log stands still while the user reads further up: nothing is drawn until
// its end is reached again.
log.addEventListener("scroll", () => {
  const below = log.scrollHeight - log.clientHeight - log.scrollTop;
  if (below <= 1) following = true;
  else if (log.scrollTop < lastTop) following = false;
  else if (below < 8) following = true;
  lastTop = log.scrollTop;
  schedule();
});

new ResizeObserver(() => { if (following) toEnd(); }).observe(log);

function showWaiting() {
  const button = byId("newest");
  const waiting = queue.length + skipped;
  button.hidden = following;
  button.textContent = waiting === 0 ? "To the end ↓" : number(waiting) + " new ↓";
}

// ---- One row ----

const arrows = {sent: "↑", received: "↓", stderr: "↓", status: "·"};
const rowShape = document.createElement("li");
{
  const text = document.createElement("pre");
  text.className = "text";
  text.dir = "auto";
  const direction = document.createElement("span");
  direction.className = "direction";
  rowShape.append(document.createElement("time"), direction, text);
}

function makeRow(entry) {
  unwrap(entry);
  const row = rowShape.cloneNode(true);
  const [time, direction] = row.children;
  row.className = entry.direction + " " + entry.kind;
  time.textContent = clock(entry.time);
  direction.textContent = arrows[entry.direction] + " " + entry.direction;
  fillRow(entry, row);
  return row;
}

// unwrap takes a message out of the JSON that --passstderr puts around it.
function unwrap(entry) {
  if (!passStderr || entry.direction !== "received" || typeof entry.data !== "string") return;
  try {
    const {stream, data} = JSON.parse(entry.data);
    if (typeof data !== "string" || (stream !== "stdout" && stream !== "stderr")) return;
    entry.data = data;
    if (stream === "stderr") entry.direction = "stderr";
  } catch {
    // Not ours: a proxy or another server may have sent it. It is shown as it is.
  }
}

// fillRow writes the message into its row, and the buttons below it.
function fillRow(entry, row) {
  const text = row.querySelector(".text");
  const view = viewOf(entry);
  const end = entry.expanded ? Math.min(view.text.length, showAllChars) : previewEnd(view.text);
  text.classList.toggle("void", view.length === 0);
  if (view.length === 0) text.textContent = "(empty)";
  else if (view.pieces) text.replaceChildren(...cutPieces(view.pieces, end).map(pieceNode));
  else text.textContent = readable(view.text.slice(0, end));
  row.querySelector(".more")?.remove();
  const buttons = rowButtons(entry, row, view, end < view.length);
  if (buttons.length === 0) return;
  const more = document.createElement("div");
  more.className = "more";
  if (view.bytes) more.append(view.size);
  more.append(...buttons);
  row.append(more);
}

function rowButtons(entry, row, view, cut) {
  const buttons = [];
  const addButton = (label, change) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.onclick = () => {
      const nth = buttons.indexOf(button);
      change();
      fillRow(entry, row);
      // The button was made anew: keep the focus where it was.
      (row.querySelectorAll(".more button")[nth] ?? log).focus();
      following = log.scrollHeight - log.clientHeight - log.scrollTop <= 8;
      schedule();
    };
    buttons.push(button);
  };
  if (entry.expanded) {
    addButton("Show less", () => { entry.expanded = false; });
  } else if (cut) {
    const label = view.length <= showAllChars ? "Show all of " : "Show more of ";
    addButton(label + view.size, () => { entry.expanded = true; });
  }
  if (view.bytes && view.length > 0) {
    addButton(view.hex ? "As text" : "As hex", () => { entry.hex = !view.hex; });
  }
  return buttons;
}

// previewEnd is where a message is cut at first: after some characters or some
// lines, never between the halves of a surrogate pair.
function previewEnd(text) {
  let end = 0;
  for (let n = 0; n < previewLines; n++) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0) { end = text.length + 1; break; }
  }
  end--;
  // A little more than the preview is shown at once: a button would not be shorter.
  if (end <= previewChars * 1.2) return end;
  const half = text.charCodeAt(previewChars - 1);
  return half >= 0xd800 && half < 0xdc00 ? previewChars - 1 : previewChars;
}

// viewOf is how an entry reads: the text and the length it has as a whole, its
// size in words, the pieces that have a colour, and for a binary message
// whether the text is a hex dump.
function viewOf(entry) {
  if (entry.data instanceof ArrayBuffer) return bytesView(entry);
  const pieces = entry.direction !== "status" && byId("format").checked ? layOut(entry.data) : null;
  const text = pieces ? pieces.map(piece => piece[1]).join("") : entry.data;
  return {text, length: text.length, size: number(entry.data.length) + " characters", pieces, bytes: false};
}

function bytesView(entry) {
  const bytes = new Uint8Array(entry.data);
  const size = number(bytes.length) + (bytes.length === 1 ? " byte" : " bytes");
  const hex = entry.hex ?? asText(bytes, true) === null;
  if (!hex) {
    const text = asText(bytes, false);
    return {text, length: text.length, size, pieces: null, bytes: true, hex};
  }
  // Only the part that can be seen is made: a dump is five times its bytes.
  const rows = entry.expanded ? Math.floor(showAllChars / hexColumns) : previewLines + 1;
  const text = hexDump(bytes.subarray(0, 16 * rows));
  return {text, length: Math.ceil(bytes.length / 16) * hexColumns, size, pieces: null, bytes: true, hex};
}

// asText decodes UTF-8. When strict it is null for bytes that are none, or that
// hold a NUL: those are hardly text.
function asText(bytes, strict) {
  if (strict && bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", {fatal: strict, ignoreBOM: true}).decode(bytes);
  } catch {
    return null;
  }
}

// hexDump is bytes in rows of sixteen: offset, hex, ASCII.
function hexDump(bytes) {
  let dump = "";
  for (let at = 0; at < bytes.length; at += 16) {
    const part = Array.from(bytes.subarray(at, at + 16));
    const hex = part.map(b => b.toString(16).padStart(2, "0")).join(" ");
    const ascii = part.map(b => b > 31 && b < 127 ? String.fromCharCode(b) : ".").join("");
    dump += at.toString(16).padStart(8, "0") + "  " + hex.padEnd(47) + "  " + ascii.padEnd(16) + "\n";
  }
  return dump;
}

// readable shows control characters, such as the ESC of a terminal's colours,
// as \x1b.
function readable(text) {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, c => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));
}

// ---- JSON ----

// layOut cuts a JSON object or array into [class, text] pieces, indented where
// it does not fit on a line. It keeps every token as it was written: parsing
// and printing would change large numbers and drop repeated names. It is null
// for anything else.
function layOut(text) {
  if (text.length > jsonChars || !/^\s*[[{]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  // A string, with a colon if it is a name; or punctuation; or a number or word.
  const pattern = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\],]|[^\s"{}[\],:]+/g;
  const tokens = Array.from(text.matchAll(pattern), ([token, string, colon]) => {
    if (string) return [colon ? "key" : "string", string];
    return ["{}[],".includes(token) ? "" : "value", token];
  });
  return indent(tokens, shortBrackets(tokens));
}

// shortBrackets are the places of the opening brackets that fit on one line
// together with what they hold.
function shortBrackets(tokens) {
  const short = new Set();
  const open = [];
  let width = 0;
  tokens.forEach(([kind, text], i) => {
    if (kind === "" && "{[".includes(text)) open.push([i, width]);
    width += text.length + (kind === "key" ? 2 : 1);
    if (kind !== "" || !"}]".includes(text)) return;
    const [from, before] = open.pop();
    if (width - before <= jsonWidth) short.add(from);
  });
  return short;
}

function indent(tokens, short) {
  const pieces = [];
  const wide = [];     // for each bracket that is open, whether its content has lines of its own
  let plain = "";      // punctuation and space since the last piece
  const breakLine = () => { plain += "\n" + "  ".repeat(wide.length); };
  for (const [i, [kind, text]] of tokens.entries()) {
    if (kind !== "") {
      pieces.push(["", plain], [kind, text]);
      plain = kind === "key" ? ": " : "";
    } else if (text === ",") {
      plain += text;
      if (wide.at(-1)) breakLine(); else plain += " ";
    } else if (text === "{" || text === "[") {
      plain += text;
      if (wide.push(!short.has(i)) > jsonDepth) return null;
      if (wide.at(-1)) breakLine();
    } else {
      if (wide.pop()) breakLine();
      plain += text;
    }
  }
  pieces.push(["", plain]);
  return pieces;
}

function cutPieces(pieces, most) {
  const kept = [];
  for (const [kind, text] of pieces) {
    if (most <= 0) break;
    if (text !== "") kept.push([kind, text.slice(0, most)]);
    most -= text.length;
  }
  return kept;
}

function pieceNode([kind, text]) {
  if (kind === "") return document.createTextNode(text);
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = readable(text);
  return span;
}

// ---- Counts, rates, and what a screen reader is told ----

const counts = {
  received: {messages: 0, bytes: 0, label: "Received "},
  sent: {messages: 0, bytes: 0, label: "Sent "},
};
const tickMillis = 500;
let lastMessages = 0;
let lastTick = performance.now();
let calmTicks = 0;

function resetCounts() {
  for (const c of [counts.received, counts.sent]) c.messages = c.bytes = 0;
  lastMessages = 0;
}

function count(side, data) {
  side.messages++;
  side.bytes += typeof data === "string" ? utf8Length(data) : data.byteLength;
}

// utf8Length is the length of text in UTF-8, without encoding it.
function utf8Length(text) {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is two units and four bytes.
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) length += 2;
    else if (unit > 0x7f) length++;
  }
  return length;
}

// mute stops the log from being read out: nobody can listen to a flood. tick
// undoes it when the log is calm again.
function mute() {
  calmTicks = 0;
  if (log.getAttribute("aria-live") === "off") return;
  log.setAttribute("aria-live", "off");
  if (state === "open") tell("Messages come fast and are not read out.");
}

// tick brings the counts and the rate up to date. A timer calls it, and draw as
// well: in a flood, timers come late and frames do not.
function tick() {
  const now = performance.now();
  if (now - lastTick < 0.9 * tickMillis) return;
  const {messages} = counts.received;
  const rate = Math.max(0, messages - lastMessages) / ((now - lastTick) / 1000);
  lastMessages = messages;
  lastTick = now;
  showCount("received", rate >= 1 ? " · " + number(Math.round(rate)) + "/s" : "");
  showCount("sent", "");
  calmTicks = rate > burst ? 0 : calmTicks + 1;
  if (calmTicks >= 4 && log.getAttribute("aria-live") === "off") {
    log.setAttribute("aria-live", "polite");
    tell("");
  }
}

function showCount(side, rate) {
  const {label, messages, bytes} = counts[side];
  const text = label + number(messages) + (messages === 0 ? "" : " · " + byteText(bytes)) + rate;
  if (byId(side).textContent !== text) byId(side).textContent = text;
}

// tell has text read out that is seen elsewhere.
function tell(text) {
  byId("aloud").textContent = text;
}

// complain shows an error, the field's where there is one, and has it read out.
// An empty text takes back the last.
function complain(text, field = null) {
  for (const input of [byId("url"), message]) input.removeAttribute("aria-invalid");
  notice.textContent = text;
  if (field === null) return;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

const number = n => n.toLocaleString("en");

function byteText(bytes) {
  if (bytes < 1000) return bytes + " B";
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), 4);
  return (bytes / 1000 ** power).toFixed(1) + " " + ["B", "kB", "MB", "GB", "TB"][power];
}

function clock(time) {
  const two = n => String(n).padStart(2, "0");
  return two(time.getHours()) + ":" + two(time.getMinutes()) + ":" + two(time.getSeconds()) + "." + String(time.getMilliseconds()).padStart(3, "0");
}

// ---- Sending, and the history ----

const historyKey = "wsd-console-history";
let past = [];
let historyAt = 0;      // the line that is in the field; past.length is the draft
let draft = "";

try {
  const kept = JSON.parse(sessionStorage.getItem(historyKey));
  if (Array.isArray(kept)) past = kept.filter(line => typeof line === "string");
} catch {
  // No storage, or not ours: the history starts empty.
}
historyAt = past.length;

function remember(text) {
  if (text !== "" && text !== past.at(-1)) past.push(text);
  past = past.slice(-historyLines);
  historyAt = past.length;
  draft = "";
  try {
    sessionStorage.setItem(historyKey, JSON.stringify(past));
  } catch {
    // Full or forbidden: the history lasts as long as the page.
  }
}

function recall(step) {
  const to = historyAt + step;
  if (to < 0 || to > past.length) return;
  if (historyAt === past.length) draft = message.value;
  historyAt = to;
  message.value = to === past.length ? draft : past[to];
  message.setSelectionRange(message.value.length, message.value.length);
  fitMessage();
}

function send() {
  const text = message.value;
  const as = binary ? byId("as").value : "text";
  const data = as === "hex" ? hexBytes(text) : as === "line" ? text + "\n" : text;
  if (data === null) return complain("Hex bytes are pairs of digits, such as 48 69 0a.", message);
  if (state !== "open") return complain("Not connected. F2 connects.");
  complain("");
  socket.send(data);
  count(counts.sent, data);
  following = true;
  add("sent", data);
  remember(text);
  message.value = "";
  fitMessage();
}

// hexBytes reads pairs of hex digits, with spaces, commas, colons and 0x between
// them as people paste them. It is null for anything else.
function hexBytes(text) {
  const digits = text.replace(/0x|[\s,:]/gi, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], pair => parseInt(pair, 16)).buffer;
}

// atEdge reports whether an arrow key can leave the message for the history: the
// caret is on the first or last line. Where long lines wrap, the rows on
// the screen are unknown, and the caret has to be at the very start or end.
function atEdge(up) {
  const {value, selectionStart: start, selectionEnd: end} = message;
  if (start !== end) return false;
  const outside = up ? value.slice(0, start) : value.slice(end);
  const style = getComputedStyle(message);
  const rows = Math.round((message.scrollHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)) / parseFloat(style.lineHeight));
  return rows > value.split("\n").length ? outside === "" : !outside.includes("\n");
}

function fitMessage() {
  message.style.height = "auto";
  message.style.height = message.scrollHeight + message.offsetHeight - message.clientHeight + "px";
}

message.addEventListener("keydown", event => {
  // While an input method composes, Enter and the arrows are its own.
  if (event.isComposing || event.altKey || event.shiftKey) return;
  const command = event.metaKey || event.ctrlKey;
  const up = event.key === "ArrowUp";
  if (event.key === "Enter") send();
  else if (command) return;
  else if ((up || event.key === "ArrowDown") && atEdge(up)) recall(up ? -1 : 1);
  else if (event.key === "PageUp") log.scrollBy(0, -0.9 * log.clientHeight);
  else if (event.key === "PageDown") log.scrollBy(0, 0.9 * log.clientHeight);
  else return;
  event.preventDefault();
});

// ---- Saving ----

// save offers the log as a text file: time, direction and message, parted by
// tabs; further lines of a message are indented.
function save() {
  const lines = [...shown, ...queue].map(entry => {
    unwrap(entry);
    const bytes = entry.data instanceof ArrayBuffer ? new Uint8Array(entry.data) : null;
    const text = bytes === null ? entry.data : asText(bytes, true) ?? "hex " + Array.from(bytes, b => b.toString(16).padStart(2, "0")).join(" ");
    return [entry.time.toISOString(), entry.direction, text.replaceAll("\n", "\n\t\t")].join("\t") + "\n";
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, {type: "text/plain"}));
  link.download = "wsd-console.txt";
  link.click();
  // The download reads the blob after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// ---- The page ----

function onSubmit(id, act) {
  byId(id).addEventListener("submit", event => { event.preventDefault(); act(); });
}

onSubmit("connection", () => {
  // Enter in the address means this address, whatever is connected now.
  if (document.activeElement === byId("url") && state !== "idle") reconnectNow(); else toggleConnection();
});
onSubmit("composer", send);
message.addEventListener("input", () => { historyAt = past.length; fitMessage(); });
byId("clear").onclick = clear;
byId("save").onclick = save;
byId("newest").onclick = () => { following = true; toEnd(); schedule(); message.focus(); };
byId("format").onchange = () => {
  for (const entry of shown) fillRow(entry, entry.row);
  if (following) toEnd();
};
byId("reconnect").onchange = event => {
  if (!event.target.checked && state === "waiting") disconnect();
};

// reconnectNow lets the present connection go for the one in the address field.
function reconnectNow() {
  if (address() === null) return;
  if (state === "open") addStatus("Closed by you, to connect anew");
  disconnect();
  socket = null;
  start();
}

document.addEventListener("keydown", event => {
  if (event.isComposing || event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (event.key === "F2") {
    event.preventDefault();
    if (!event.repeat) toggleConnection();
  } else if (event.key === "Escape") {
    message.focus();
  }
});

byId("url").value = pageURL;
byId("as").hidden = byId("as-label").hidden = !binary;
setInterval(tick, tickMillis);
