import { byId, connect, element, report } from "../shared.js";

const longestLog = 200; // entries of one talk
const rows = new Map(); // the listed agents: name -> li
const talks = new Map(); // the open talks: channel -> Talk
let talksBegun = 0;

const send = connect({
  opened: () => send({ type: "list" }),
  line: (line) => Object.hasOwn(take, line.type) && take[line.type](line),
  closed(seconds) {
    list([]);
    byId("none").hidden = true;
    for (const talk of talks.values()) talk.end("The connection is lost.");
    talks.clear();
    report(`Not connected; trying again in ${Math.ceil(seconds)} s`, true);
  },
});

// take has a function for each type of line.
const take = {
  agents(line) {
    if (!Array.isArray(line.agents)) return;
    list(line.agents);
    report("Connected");
  },
  joined({ channel, agent }) {
    talks.set(channel, new Talk(channel, agent));
    report("Connected");
  },
  data: ({ channel, data }) => talks.get(channel)?.hear(data),
  left({ channel, reason }) {
    const talk = talks.get(channel);
    talk?.end(talk.leaving ? "You have left." : (ends[reason] ?? "The talk has ended."));
    talks.delete(channel);
  },
  error: ({ message, agent }) => report(agent ? `${agent}: ${message}` : message, true),
};

const ends = {
  left: "The agent has left.",
  lost: "The agent has gone without a word.",
  slow: "The talk has ended: one side could not keep up.",
};

// What an agent connects to is what this page does: its own folder.
byId("url").textContent = new URL(".", location.href).href.replace(/^http/, "ws").replace(/\/$/, "");

// list shows the agents. It does not touch those that stay: one may have the focus.
function list(agents) {
  const names = new Set(agents.map((agent) => agent.name));
  for (const [name, row] of rows) {
    if (names.has(name)) continue;
    row.remove();
    rows.delete(name);
  }
  let before = null;
  for (const agent of [...agents].reverse()) {
    let row = rows.get(agent.name);
    if (!row) rows.set(agent.name, (row = newRow(agent.name)));
    row.querySelector(".token").hidden = !agent.token;
    if (row.nextSibling !== before || !row.parentNode) byId("agents").insertBefore(row, before);
    before = row;
  }
  byId("none").hidden = agents.length > 0;
  byId("token-row").hidden = !agents.some((agent) => agent.token);
}

function newRow(name) {
  const join = element("button", "Join");
  join.setAttribute("aria-label", `Join ${name}`);
  const row = element("li");
  const token = element("span", "asks for a token", "quiet token");
  row.append(element("span", name, "name"), token, join);
  join.onclick = () => {
    const line = { type: "join", agent: name };
    if (!token.hidden) line.token = byId("token").value;
    send(line);
  };
  return row;
}

// Talk is what is said in one channel, and the controls for it.
class Talk {
  constructor(channel, agent) {
    this.channel = channel;
    this.asked = 0;
    const number = ++talksBegun; // there may be two with one agent
    this.log = element("div", "", "log");
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-label", `What ${agent} says in talk ${number}`);
    this.log.tabIndex = 0; // it scrolls
    this.section = element("section", "", "talk");
    this.section.setAttribute("aria-label", `Talk ${number} with ${agent}`);
    this.section.append(element("h2", agent), this.log, this.newButtons(), this.newEcho());
    byId("talks").append(this.section);
    this.section.querySelector("button").focus();
  }

  newButtons() {
    const row = element("div", "", "row");
    for (const ask of ["hostname", "uptime"]) {
      const button = element("button", ask);
      button.onclick = () => this.ask(ask);
      row.append(button);
    }
    const leave = element("button", "Leave");
    leave.onclick = () => {
      this.leaving = true;
      send({ type: "leave", channel: this.channel });
    };
    row.append(leave);
    return row;
  }

  newEcho() {
    const form = element("form");
    const text = element("input");
    text.maxLength = 200;
    text.required = true;
    text.setAttribute("aria-label", "Text to echo");
    form.append(text, element("button", "echo"));
    form.onsubmit = (event) => {
      event.preventDefault();
      this.ask("echo", text.value);
      text.value = "";
    };
    return form;
  }

  ask(ask, text) {
    this.asked++;
    this.write(text === undefined ? `You: ${ask}` : `You: ${ask} ${text}`, "quiet");
    send({ type: "data", channel: this.channel, data: { id: this.asked, ask, text } });
  }

  // hear shows an answer; an agent may send anything.
  hear(data) {
    const text = data?.answer ?? data?.error;
    this.write(typeof text === "string" ? text : JSON.stringify(data));
  }

  write(text, className) {
    this.log.append(element("p", text, className));
    if (this.log.childElementCount > longestLog) this.log.firstChild.remove();
    this.log.scrollTop = this.log.scrollHeight;
  }

  // end removes the controls and leaves what was said, until the user closes it.
  end(text) {
    this.write(text);
    const focused = this.section.contains(document.activeElement);
    const close = element("button", "Put away");
    close.onclick = () => this.section.remove();
    for (const controls of this.section.querySelectorAll(".row, form")) controls.remove();
    this.section.append(close);
    if (focused) close.focus();
  }
}
