// The canvas has its own units, whatever its size on the screen.
export const width = 1600;
export const height = 1000;

// Picture is what has been drawn: a list of strokes, and the canvas that shows
// them. Invalid strokes are left out.
export class Picture {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.strokes = [];
    this.limit = 0;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // begin forgets everything. The server keeps no more than limit strokes.
  begin(limit) {
    this.limit = limit;
    this.clear();
  }

  clear() {
    this.strokes = [];
    this.draw();
  }

  // add adds a stroke at the end. Beyond the limit, it drops the oldest now and then.
  add(stroke) {
    if (!isStroke(stroke)) return;
    this.strokes.push(stroke);
    this.sketch(stroke);
    if (this.strokes.length < this.limit * 1.1) return;
    this.strokes = this.strokes.slice(-this.limit);
    this.draw();
  }

  // draw draws all strokes, as large as the canvas is now.
  draw() {
    const scale = this.canvas.clientWidth * devicePixelRatio / width;
    if (scale === 0) return; // hidden
    this.canvas.width = Math.round(width * scale); // this clears it
    this.canvas.height = Math.round(height * scale);
    this.context.scale(scale, scale);
    this.context.lineCap = this.context.lineJoin = "round";
    for (const stroke of this.strokes) this.sketch(stroke);
  }

  // sketch draws a stroke without adding it.
  sketch(stroke) {
    const context = this.context;
    context.strokeStyle = stroke.color;
    context.lineWidth = stroke.width;
    context.beginPath();
    context.moveTo(...stroke.points[0]);
    for (const point of stroke.points) context.lineTo(...point);
    context.stroke();
  }

  // share returns a place as fractions of the width and the height.
  share([x, y]) {
    return [x / width, y / height];
  }
}

function isStroke({ color, width, points }) {
  return /^#[0-9a-f]{6}$/.test(color) && Number.isFinite(width) && Array.isArray(points) && points.length > 0 &&
    points.every((point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite));
}
