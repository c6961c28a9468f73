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
const jsonWidth = 76;             // characters of a line, on a screen that has room
const narrowJSONWidth = 38;
const jsonDepth = 64;             // deeper JSON would be mostly indentation
const historyLines = 100;
const historyChars = 10000;       // of a message; a longer one is not kept beyond the page
const silenceMillis = 3000;       // without an answer, before the hint about output that is held back
const burst = 10;                 // more rows at once than this are not read out

const facts = document.documentElement.dataset;
const passStderr = facts.passStderr === "true";
const binary = facts.binary === "true";
const pty = facts.pty === "true";
const backends = JSON.parse(facts.backends);  // URL paths, if there are several
const narrow = matchMedia("(max-width: 40rem)");  // as in the style
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
    return fail("This is not an address: " + field.value);
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

// subprotocols is the list in its field, or null after telling what is wrong with
// it (RFC 6455, section 4.1: tokens, each of them once).
function subprotocols() {
  const field = byId("protocols");
  const names = field.value.split(/[\s,]+/).filter(name => name !== "");
  const bad = names.find((name, i) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || names.indexOf(name) !== i);
  if (bad === undefined) return names;
  setOptions(true);
  complain("Subprotocols are different names without spaces or brackets, separated by commas; this one can’t be used: " + bad, field);
  return null;
}

// start connects to the address in the field, as the user asked.
function start() {
  const url = address();
  if (url === null || subprotocols() === null) return;
  byId("url").value = url;
  complain("");
  failures = 0;
  explained = false;
  connect(url);
}

function connect(url) {
  opened = byUser = refusedByPolicy = false;
  resetCounts();
  answered();
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
    const made = new WebSocket(url, subprotocols() ?? []);
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
  addStatus("Connected to " + url + (socket.protocol ? ", subprotocol " + socket.protocol : ""));
  // The page's own URL follows, so that a reload or a bookmark leads here again.
  const {pathname, search} = new URL(url);
  history.replaceState(null, "", location.origin + pathname + search);
  const focused = document.activeElement;
  if (focused === document.body || focused === byId("connect") || focused === byId("url")) message.focus();
}

function onMessage(data) {
  count(counts.received, data);
  if (askedAt !== 0) byId("roundtrip").textContent = "Round trip " + duration(performance.now() - askedAt);
  answered();
  add("received", data);
}

function onClose(event, url) {
  socket = null;
  answered();
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
  answered();
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
    addStatus("The server runs but refused the WebSocket. There may be no program at this path (404), as many sessions as allowed (429), a page origin that is not allowed (403), or a proxy in between that does not pass upgrades on." +
      (byId("protocols").value.trim() === "" ? "" : " Or it took none of the subprotocols, which a browser does not accept.") +
      " The server’s log tells which.");
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
  showMatching();
  list.hidden = false;
  toEnd();
  placeTools();
  restUntil = performance.now() + 3 * (performance.now() - start);
  if (queue.length > 0) schedule();
}

function take(entry, rows) {
  entry.row = makeRow(entry);
  entry.row.hidden = !matches(entry);
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
  list.hidden = true;
  showMatching();
  choose(null);
  toEnd();
  showWaiting();
  tell("Log cleared.");
}

// ---- Filtering ----

let wanted = "";          // what a row must hold to be seen, in lower case
const noMessages = byId("empty").textContent;

// matches looks at what is seen of a message, as JSON that is laid out has other
// spaces than what came, and then at all of it.
function matches({direction, data, row}) {
  if (wanted === "") return true;
  const holds = text => text.toLowerCase().includes(wanted);
  return holds(direction) || holds(row.querySelector(".text").textContent) || holds(wholeText(data));
}

// showMatching counts the rows that the filter leaves, and says so when there are
// none.
function showMatching() {
  const count = shown.filter(entry => !entry.row.hidden).length;
  byId("empty").textContent = shown.length === 0 ? noMessages : "No message holds what the filter asks for.";
  byId("empty").hidden = count > 0;
  byId("matching").textContent = wanted === "" ? "" : number(count) + " of " + number(shown.length) + " shown";
}

byId("filter").addEventListener("input", event => {
  wanted = event.target.value.trim().toLowerCase();
  for (const entry of shown) entry.row.hidden = !matches(entry);
  showMatching();
  if (following) toEnd();
  placeTools();
});

// wholeText is a message as text, and as hex if it is none: what is copied, and
// saved.
function wholeText(data) {
  if (typeof data === "string") return data;
  const bytes = new Uint8Array(data);
  return asText(bytes, true) ?? Array.from(bytes, b => b.toString(16).padStart(2, "0")).join(" ");
}

// ---- The chosen message ----

// The tools are beside the log, not in it: a screen reader would read them out as
// news. They lie over the row that the mouse is on, that was tapped, or that the
// arrow keys lead to.
const tools = byId("tools");
let chosen = null;        // a row

function choose(row) {
  chosen?.classList.remove("chosen");
  chosen = row;
  chosen?.classList.add("chosen");
  byId("again").hidden = !chosen?.classList.contains("sent");
  placeTools();
}

// placeTools puts the tools where their row is now, or hides them with it.
function placeTools() {
  const top = chosen === null ? 0 : chosen.offsetTop - log.scrollTop;
  const seen = chosen?.isConnected && !chosen.hidden && top < log.clientHeight && top + chosen.offsetHeight > 0;
  if (!seen && tools.contains(document.activeElement)) log.focus();
  tools.hidden = !seen;
  if (seen) tools.style.top = Math.max(0, Math.min(top, log.clientHeight - tools.offsetHeight)) + "px";
}

// chooseNext goes from row to row by the keyboard. The focus stays on the tools, so
// what is chosen has to be told.
function chooseNext(step) {
  const entries = shown.filter(entry => !entry.row.hidden);
  const at = entries.findIndex(entry => entry.row === chosen);
  const entry = at < 0 ? entries.at(-1) : entries[at + step];
  if (entry === undefined) return;
  choose(entry.row);
  entry.row.scrollIntoView({block: "nearest"});
  placeTools();
  byId("copy").focus({preventScroll: true});
  tell(entry.direction + ": " + entry.row.querySelector(".text").textContent.slice(0, 200));
}

const chosenEntry = () => shown.find(entry => entry.row === chosen);

log.addEventListener("pointerover", event => {
  const row = event.target.closest("li");
  if (event.pointerType === "mouse" && event.buttons === 0 && row !== null && row !== chosen) choose(row);
});
log.addEventListener("click", event => {
  if (event.pointerType === "mouse" || event.target.closest("button") || !getSelection().isCollapsed) return;
  const row = event.target.closest("li");
  choose(row === chosen ? null : row);
});
log.parentElement.addEventListener("pointerleave", event => {
  // A finger leaves with each tap, and the keyboard's choice stays.
  if (event.pointerType === "mouse" && !tools.querySelector(":focus-visible")) choose(null);
});
log.parentElement.addEventListener("keydown", event => {
  const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  chooseNext(step);
});

byId("copy").onclick = () => copy(wholeText(chosenEntry().data), byId("copy"));
byId("again").onclick = () => transmit(chosenEntry().data);

// copy puts text on the clipboard and says so on the button. Browsers have a
// clipboard for scripts on pages that came by TLS or from this machine only; on the
// others a selection can be copied still.
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    button.focus();
    if (!done) return complain("The browser does not let this page copy.");
  }
  tell("Copied.");
  const label = button.dataset.label ??= button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
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
  placeTools();
  schedule();
});

new ResizeObserver(() => { if (following) toEnd(); placeTools(); }).observe(log);

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
  text.classList.toggle("hex", Boolean(view.hex));
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
  const width = narrow.matches ? 8 : 16;
  const columns = hexDump(bytes.subarray(0, 1), width, bytes.length).length;
  const rows = entry.expanded ? Math.floor(showAllChars / columns) : previewLines + 1;
  const text = hexDump(bytes.subarray(0, width * rows), width, bytes.length);
  return {text, length: Math.ceil(bytes.length / width) * columns, size, pieces: null, bytes: true, hex};
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

// hexDump is bytes in rows of width: offset, hex, ASCII. Narrow rows have offsets
// as short as the message of total bytes lets them be.
function hexDump(bytes, width, total) {
  const digits = width === 16 || total > 0x1000000 ? 8 : total > 0x10000 ? 6 : 4;
  let dump = "";
  for (let at = 0; at < bytes.length; at += width) {
    const part = Array.from(bytes.subarray(at, at + width));
    const hex = part.map(b => b.toString(16).padStart(2, "0")).join(" ");
    const ascii = part.map(b => b > 31 && b < 127 ? String.fromCharCode(b) : ".").join("");
    dump += at.toString(16).padStart(digits, "0") + "  " + hex.padEnd(3 * width - 1) + "  " + ascii.padEnd(width) + "\n";
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
// it does not fit on a line; an array of plain values fills its lines. It keeps every token as it was written: parsing
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
  const width = narrow.matches ? narrowJSONWidth : jsonWidth;
  return indent(tokens, brackets(tokens, width), width);
}

// brackets tells for the place of each opening bracket how what it holds is set: on
// "one" line if it fits there, on lines that it "fills" if it is an array of plain
// values, and otherwise with "each" member on a line of its own.
function brackets(tokens, most) {
  const set = new Map();
  const open = [];
  let width = 0;
  tokens.forEach(([kind, text], i) => {
    if (kind === "" && "{[".includes(text)) {
      if (open.length > 0) open.at(-1).plain = false;
      open.push({from: i, before: width, plain: text === "["});
    }
    width += text.length + (kind === "key" ? 2 : 1);
    if (kind !== "" || !"}]".includes(text)) return;
    const {from, before, plain} = open.pop();
    set.set(from, width - before <= most ? "one" : plain ? "fills" : "each");
  });
  return set;
}

function indent(tokens, set, most) {
  const pieces = [];
  const open = [];     // what set says of each bracket that is open
  let plain = "";      // punctuation and space since the last piece
  let column = 0;
  const write = text => { plain += text; column += text.length; };
  const breakLine = () => {
    plain += "\n" + "  ".repeat(open.length);
    column = 2 * open.length;
  };
  for (const [i, [kind, text]] of tokens.entries()) {
    if (kind !== "") {
      pieces.push(["", plain], [kind, text]);
      column += text.length;
      plain = "";
      if (kind === "key") write(": ");
    } else if (text === ",") {
      write(text);
      const next = tokens[i + 1][1];
      const fits = open.at(-1) === "fills" && column + next.length + 2 <= most; // with a space and a comma
      if (fits || open.at(-1) === "one") write(" "); else breakLine();
    } else if (text === "{" || text === "[") {
      write(text);
      if (open.push(set.get(i)) > jsonDepth) return null;
      if (open.at(-1) !== "one") breakLine();
    } else {
      if (open.pop() !== "one") breakLine();
      write(text);
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
  byId("roundtrip").textContent = "";
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
  for (const input of [byId("url"), byId("protocols"), message]) input.removeAttribute("aria-invalid");
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

// ---- Silence, and the time that an answer takes ----

let askedAt = 0;         // when the first message was sent that has had no answer; 0 if there is none
let silenceTimer = 0;    // runs, or has run, since a message to a program that has never said anything

// asked begins to wait for an answer to a message.
function asked() {
  askedAt ||= performance.now();
  // In a terminal a program does not hold its output back.
  if (pty || silenceTimer !== 0 || counts.received.messages > 0) return;
  silenceTimer = setTimeout(() => {
    byId("hint").textContent = "Nothing has come back yet. If the program should have answered, it may be holding its output back until it ends: flush after each line, or start wsd with --pty.";
  }, silenceMillis);
}

// answered ends the wait: something came, or nothing will. Whether it is the answer
// only the program knows; for one that speaks when it is spoken to, it is.
function answered() {
  askedAt = 0;
  if (silenceTimer === 0) return;
  clearTimeout(silenceTimer);
  silenceTimer = 0;
  byId("hint").textContent = "";
}

const duration = ms => ms < 1000 ? ms.toFixed(ms < 10 ? 1 : 0) + " ms" : (ms / 1000).toFixed(1) + " s";

// ---- Sending, and the history ----

const historyKey = "wsd-console-history";
let past = stored();
let historyAt = past.length;  // the line that is in the field; past.length is the draft
let draft = "";

// stored is what the tabs of this server's pages have sent, now and before.
function stored() {
  try {
    const kept = JSON.parse(localStorage.getItem(historyKey));
    return kept.filter(line => typeof line === "string");
  } catch {
    return []; // nothing yet, no storage, or not ours
  }
}

// withLine adds text to lines, unless they end with it, and keeps the newest.
const withLine = (lines, text) => (text === "" || text === lines.at(-1) ? lines : [...lines, text]).slice(-historyLines);

function remember(text) {
  past = withLine(past, text);
  historyAt = past.length;
  draft = "";
  if (text.length > historyChars) return;
  try {
    // Another tab may have stored something since.
    localStorage.setItem(historyKey, JSON.stringify(withLine(stored(), text)));
  } catch {
    // Full or forbidden: the history lasts as long as the page.
  }
}

function forget() {
  past = [];
  historyAt = 0;
  try {
    localStorage.removeItem(historyKey);
  } catch {
    // There is no storage, so nothing is in it.
  }
  tell("What was sent is forgotten.");
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
  if (!transmit(data)) return;
  remember(text);
  message.value = "";
  fitMessage();
}

// transmit sends data as a message, or complains and returns false.
function transmit(data) {
  if (state !== "open") {
    complain("Not connected. Connect first, with the button or F2.");
    return false;
  }
  complain("");
  socket.send(data);
  count(counts.sent, data);
  asked();
  following = true;
  add("sent", data);
  return true;
}

// sendFile sends a file as one message. Where messages are text its last newline is
// left out, as the server adds one.
async function sendFile(file) {
  if (maxMessage > 0 && file.size > maxMessage) {
    return complain(file.name + " has " + number(file.size) + " bytes, and the server takes messages of " + number(maxMessage) + " bytes, set by --maxframesize.");
  }
  let data;
  try {
    data = await file.arrayBuffer();
  } catch {
    return complain("The browser can’t read " + file.name + ".");
  }
  if (binary) return transmit(data);
  try {
    transmit(new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(data).replace(/\r?\n$/, ""));
  } catch {
    complain(file.name + " is not UTF-8 text, and this server takes text only. With --binary it takes any bytes.");
  }
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
    const hex = typeof entry.data !== "string" && asText(new Uint8Array(entry.data), true) === null ? "hex " : "";
    return [entry.time.toISOString(), entry.direction, hex + wholeText(entry.data).replaceAll("\n", "\n\t\t")].join("\t") + "\n";
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, {type: "text/plain"}));
  link.download = "wsd-console.txt";
  link.click();
  // The download reads the blob after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// ---- The same elsewhere ----

// quote is text as one word for a POSIX shell.
const quote = text => "'" + text.replaceAll("'", "'\\''") + "'";

// elsewhere are the ways to do what the fields say without this page. Each sends the
// message, if there is one, except for curl's: that is for what a browser hides, the
// status and the header of the server's answer, and curl can't make frames.
const elsewhere = {
  wscat: (url, names, text) => ["wscat", "-c", quote(url), ...names.flatMap(name => ["-s", quote(name)]), ...(text === "" ? [] : ["-x", quote(text)])].join(" "),
  curl(url, names) {
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    const fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key];
    if (names.length > 0) fields.push("Sec-WebSocket-Protocol: " + names.join(", "));
    return ["curl", "--include", "--no-buffer", "--http1.1", ...fields.map(field => "--header " + quote(field)), quote(url.replace(/^ws/, "http"))].join(" \\\n  ");
  },
  js: (url, names, text) => [
    "const socket = new WebSocket(" + [url, ...(names.length > 0 ? [names] : [])].map(value => JSON.stringify(value)).join(", ") + ");",
    ...(text === "" ? [] : ["socket.onopen = () => socket.send(" + JSON.stringify(text) + ");"]),
    "socket.onmessage = event => console.log(event.data);",
    "socket.onclose = event => console.log(event.code, event.reason);",
  ].join("\n"),
};

for (const [name, write] of Object.entries(elsewhere)) {
  const button = byId("as-" + name);
  button.onclick = () => {
    const [url, names] = [address(), subprotocols()];
    if (url !== null && names !== null) copy(write(url, names, message.value), button);
  };
}

// ---- The page ----

function onSubmit(id, act) {
  byId(id).addEventListener("submit", event => { event.preventDefault(); act(); });
}

onSubmit("connection", () => {
  // Enter in the address means this address, whatever is connected now.
  const fields = [byId("url"), byId("protocols")];
  if (fields.includes(document.activeElement) && state !== "idle") reconnectNow(); else toggleConnection();
});
onSubmit("composer", () => { send(); message.focus(); });
byId("choose").onclick = () => byId("file").click();
byId("file").onchange = event => {
  const [file] = event.target.files;
  event.target.value = ""; // so that the same file can be chosen again
  if (file) sendFile(file);
};
message.addEventListener("input", () => { historyAt = past.length; fitMessage(); });
byId("clear").onclick = clear;
byId("save").onclick = save;
byId("forget").onclick = forget;
byId("more").onclick = () => setOptions(byId("options").hidden);

function setOptions(visible) {
  byId("options").hidden = !visible;
  byId("more").setAttribute("aria-expanded", visible);
}

byId("newest").onclick = () => { following = true; toEnd(); schedule(); message.focus(); };
byId("format").onchange = narrow.onchange = () => {
  for (const entry of shown) fillRow(entry, entry.row);
  if (following) toEnd();
  placeTools();
};
byId("reconnect").onchange = event => {
  if (!event.target.checked && state === "waiting") disconnect();
};

// reconnectNow lets the present connection go for the one in the address field.
function reconnectNow() {
  if (address() === null || subprotocols() === null) return;
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

// fitPage keeps the page within what an on-screen keyboard leaves. Some browsers make
// the page smaller themselves (interactive-widget, in the page's head); in Safari the
// keyboard lies over it.
function fitPage() {
  const {height, scale} = visualViewport;
  if (scale > 1.01) return; // someone zooms in, which makes it smaller, too
  const covered = innerHeight - height > 1;
  document.body.style.height = covered ? height + "px" : "";
  document.body.classList.toggle("short", height < 400);
  if (covered) scrollTo(0, 0);
}
visualViewport.addEventListener("resize", fitPage);
fitPage();

// listBackends offers the programs of a server that has a folder of them.
function listBackends() {
  const select = byId("backends");
  select.hidden = byId("backends-label").hidden = backends.length === 0;
  const own = backends.find(path => (location.pathname + "/").startsWith(path + "/")) ?? "";
  for (const path of ["", ...backends]) select.add(new Option(path === "" ? "choose one" : decodeURI(path), path, false, path === own));
  select.onchange = () => {
    if (select.value === "") return;
    byId("url").value = new URL(select.value, pageURL).href;
    complain("");
  };
}

byId("url").value = pageURL;
listBackends();
byId("as").hidden = byId("as-label").hidden = !binary;
setInterval(tick, tickMillis);
