// connect opens a WebSocket at the page's own folder, and another one when it
// ends, until the page is left. The pause before an attempt doubles up to half a
// minute, and is random, so that not all pages come back at once.
//
// on.opened is called with each connection, on.line with each line of JSON, and
// on.closed with the seconds until the next attempt. connect returns a function
// that sends a line, and drops it while there is no connection.
export function connect(on) {
  const url = new URL(".", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = location.search;
  url.hash = "";
  let socket;
  let pause = 1;

  function open() {
    socket = new WebSocket(url);
    socket.onopen = () => on.opened();
    socket.onmessage = (event) => {
      const line = parse(event.data);
      if (!line) return;
      if (line.type !== "error") pause = 1;
      on.line(line);
    };
    socket.onclose = () => {
      const wait = pause * (0.5 + Math.random() / 2);
      pause = Math.min(pause * 2, 30);
      on.closed(wait);
      setTimeout(open, wait * 1000);
    };
  }
  open();

  return (line) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(line));
  };
}

// parse returns an object, or null for anything else.
function parse(text) {
  try {
    const line = JSON.parse(text);
    return line && typeof line === "object" ? line : null;
  } catch {
    return null;
  }
}

export const byId = (id) => document.getElementById(id);

// element makes an element with a text. Whatever comes from elsewhere goes into a
// page as text, never as HTML.
export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

// report shows the state of the connection; screen readers announce it.
export function report(text, bad = false) {
  const status = byId("status");
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("bad", bad);
}
