import { byId, connect, element, report } from "../shared.js";
import { Picture } from "./picture.js";
import { Pen } from "./pen.js";

// Each is visible on white and on dark paper.
const colors = { red: "#d1495b", blue: "#2b7bd4", green: "#2f8f4e", brown: "#b8741a", violet: "#8a5cd6", teal: "#0f8b8d" };

const picture = new Picture(byId("canvas"));
const people = new Map(); // the others: id -> their row and their pointer
let me = null; // { name, color } from the first time that the visitor enters
let entering = false; // by the form, not by reconnecting
let ready = false; // the picture is complete, and the connection is there

const send = connect({
  opened: () => enter(),
  line: (line) => Object.hasOwn(take, line.type) && take[line.type](line),
  closed(seconds) {
    ready = false;
    forgetPeople();
    report(`Not connected; trying again in ${Math.ceil(seconds)} s`, true);
  },
});

// take has a function for each type of line.
const take = {
  welcome(line) {
    picture.begin(line.edits);
    byId("enter").hidden = true;
    byId("room").hidden = false;
    document.title = `Room ${line.room}`;
    showPeople();
  },
  stroke: (line) => picture.add(line),
  clear(line) {
    picture.clear();
    if (ready) tell(`${line.name} has cleared the canvas.`);
  },
  ready() {
    ready = true;
    picture.draw();
    report("You are in the room");
    if (entering) byId("canvas").focus();
    entering = false;
  },
  visitor(line) {
    addPerson(line);
    tell(`${line.name} is here.`);
  },
  pointers(line) {
    for (const [id, at] of Object.entries(line.at ?? {})) movePointer(id, at);
  },
  left({ id }) {
    const person = people.get(id);
    if (!person) return;
    tell(`${person.name} has left.`);
    removePerson(id);
  },
  error(line) {
    report(line.message, true);
    if (!ready) byId("enter").hidden = false; // to try another name
  },
};

// enter is called for each connection, and when the visitor has typed a name.
function enter() {
  if (me) send({ type: "enter", ...me });
  else report("Type a name to enter");
}

byId("enter").onsubmit = (event) => {
  event.preventDefault();
  me = { name: byId("name").value.trim(), color: chosenColor() };
  localStorage.setItem("relay-name", me.name);
  entering = true;
  enter();
};

// Tools.

for (const [name, value] of Object.entries(colors)) {
  const input = element("input");
  input.type = "radio";
  input.name = "color";
  input.value = value;
  input.style.backgroundColor = value;
  input.setAttribute("aria-label", name);
  byId("colors").append(input);
}
const inputs = byId("colors").querySelectorAll("input");
inputs[Math.floor(Math.random() * inputs.length)].checked = true;

function chosenColor() {
  return byId("colors").querySelector(":checked").value;
}

byId("clear").onclick = () => {
  if (confirm("Clear the canvas for all who are here?")) send({ type: "clear" });
};

byId("name").value = localStorage.getItem("relay-name") ?? "";

new Pen(byId("canvas"), byId("pointers"), {
  move: (at) => ready && send(at ? { type: "pointer", at } : { type: "pointer" }),
  draw(points) {
    if (!ready) return;
    const stroke = { type: "stroke", color: chosenColor(), width: Number(byId("width").value), points };
    picture.sketch(stroke);
    send(stroke);
  },
  say: tell,
});

// The others.

function addPerson({ id, name, color }) {
  if (people.has(id)) return;
  const row = element("li");
  row.append(dot(color), name);
  const pointer = element("div");
  pointer.append(dot(color), element("b", name));
  pointer.hidden = true;
  byId("pointers").append(pointer);
  people.set(id, { name, row, pointer });
  showPeople();
}

function dot(color) {
  const made = element("span");
  made.style.backgroundColor = color; // CSSOM ignores what is not a color
  return made;
}

// movePointer shows where another visitor points; at is null if that is not on the
// canvas.
function movePointer(id, at) {
  const pointer = people.get(id)?.pointer;
  if (!pointer) return;
  pointer.hidden = !Array.isArray(at);
  if (pointer.hidden) return;
  const [x, y] = picture.share(at);
  pointer.style.left = `${x * 100}%`;
  pointer.style.top = `${y * 100}%`;
}

function removePerson(id) {
  people.get(id).pointer.remove();
  people.delete(id);
  showPeople();
}

function forgetPeople() {
  for (const id of [...people.keys()]) removePerson(id);
}

function showPeople() {
  const you = element("li");
  if (me) you.append(dot(me.color), `${me.name} (you)`);
  byId("people").replaceChildren(you, ...[...people.values()].map((person) => person.row));
}

// tell shows what has happened; screen readers announce it.
function tell(text) {
  byId("news").textContent = text;
}
