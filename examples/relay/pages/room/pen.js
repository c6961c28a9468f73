import { height, width } from "./picture.js";

const frame = 50; // ms: a moving pointer is sent no more often
const step = 8; // of an arrow key, in units of the canvas
const longStep = 40;
const longest = 500; // points of a piece that is sent at once

// Pen turns mouse, touch, stylus and keyboard into pointers and strokes. on.move
// is called with the place of the pointer, or with null when it has left;
// on.draw with the points of a piece of a stroke; on.say with what the
// keyboard has done.
export class Pen {
  constructor(canvas, overlay, on) {
    this.canvas = canvas;
    this.on = on;
    this.points = null; // of the stroke that is being drawn
    this.fresh = false; // some of them have not been sent
    this.at = null;
    this.timer = 0;
    this.keyboard = { at: [width / 2, height / 2], down: false, mark: overlay.appendChild(document.createElement("div")) };
    this.keyboard.mark.className = "pen";
    this.keyboard.mark.hidden = true;
    canvas.onpointerdown = (event) => this.down(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = canvas.onpointercancel = () => this.up();
    canvas.onpointerleave = () => this.leave();
    canvas.onkeydown = (event) => this.key(event);
    canvas.onblur = () => this.blur();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return inside([((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height]);
  }

  down(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.place(event));
    this.soon();
  }

  begin(point) {
    this.points = [point];
    this.fresh = true;
  }

  add(point) {
    this.points.push(point);
    this.fresh = true;
  }

  move(event) {
    this.at = this.place(event);
    if (this.points) {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length ? all : [event]) this.add(this.place(each));
    }
    this.soon();
  }

  up() {
    this.flush();
    this.points = null;
  }

  leave() {
    this.at = null;
    this.soon();
  }

  // soon sends where the pointer is, and what was drawn, at the end of a frame.
  soon() {
    this.timer ||= setTimeout(() => this.flush(), frame);
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.on.move(this.at);
    if (!this.fresh) return;
    this.fresh = false;
    // The next piece begins where this one ends.
    for (let i = 0; i === 0 || i < this.points.length - 1; i += longest - 1) {
      this.on.draw(this.points.slice(i, i + longest));
    }
    this.points = this.points.slice(-1);
  }

  key(event) {
    const keyboard = this.keyboard;
    const far = event.shiftKey ? longStep : step;
    const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    if (way) {
      keyboard.at = inside([keyboard.at[0] + way[0], keyboard.at[1] + way[1]]);
      if (keyboard.down) this.add(keyboard.at);
    } else if (event.key === " ") {
      keyboard.down = !keyboard.down;
      this.on.say(keyboard.down ? "The pen is down." : "The pen is lifted.");
      if (keyboard.down) this.begin(keyboard.at);
      else this.up();
    } else {
      return;
    }
    event.preventDefault();
    this.at = keyboard.at;
    keyboard.mark.hidden = false;
    keyboard.mark.style.left = `${(keyboard.at[0] / width) * 100}%`;
    keyboard.mark.style.top = `${(keyboard.at[1] / height) * 100}%`;
    this.soon();
  }

  blur() {
    this.keyboard.down = false;
    this.keyboard.mark.hidden = true;
    this.up();
    this.leave();
  }
}

// inside returns the nearest place on the canvas, in tenths of a unit.
function inside([x, y]) {
  const bound = (value, end) => Math.round(Math.min(Math.max(value, 0), end) * 10) / 10;
  return [bound(x, width), bound(y, height)];
}
