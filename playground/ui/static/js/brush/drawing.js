// Strokes on a canvas, in order. A stroke is put on the canvas piece by piece while it grows, so that a picture of
// any size under it costs nothing; all are drawn again only when one is taken back.
//
// A canvas of our own and not Gradio's ImageEditor: that one encodes the picture anew (no metadata, eight bits),
// reloads on a phone's photo of 12 megapixels, and returned nothing in time for one of 20 MB.

/** @typedef {import("../viewer/zoom.js").Size} Size */

/** A place on the canvas, in its pixels; pressure is 1 for what has none.
 * @typedef {{ x: number, y: number, pressure: number }} Dot
 */

/** @typedef {object} Stroke
 * @property {string} colour "" takes away what is there
 * @property {number} width pixels of the canvas
 * @property {Dot[]} dots none: everything is taken away
 */

const middle = (/** @type {Dot} */ one, /** @type {Dot} */ other) => ({
  x: (one.x + other.x) / 2,
  y: (one.y + other.y) / 2,
});

export class Drawing {
  /** @param {() => void} onChange called when a stroke is whole, or is taken back */
  constructor(onChange) {
    this.canvas = document.createElement("canvas");
    this.onChange = onChange;
    /** @type {Stroke[]} */
    this.strokes = [];
    /** What was taken back, the last of it first. @type {Stroke[]} */
    this.undone = [];
    /** @type {Stroke | null} */
    this.growing = null;
    /** What was there before the first stroke. @type {CanvasImageSource | null} */
    this.base = null;
  }

  get #pen() {
    const pen = this.canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    return pen;
  }

  /** Begins anew.
   * @param {Size} size of the canvas, in pixels @param {CanvasImageSource | null} base
   */
  start(size, base) {
    Object.assign(this.canvas, size);
    Object.assign(this, { strokes: [], undone: [], growing: null, base });
    this.#drawAll();
  }

  /** Another size; what was drawn stays around the middle.
   * @param {Size} size
   */
  resize(size) {
    const right = (size.width - this.canvas.width) / 2;
    const down = (size.height - this.canvas.height) / 2;
    for (const { dots } of [...this.strokes, ...this.undone])
      for (const dot of dots) Object.assign(dot, { x: dot.x + right, y: dot.y + down });
    Object.assign(this.canvas, size);
    this.#drawAll();
  }

  /** @param {string} colour @param {number} width @param {Dot} dot */
  begin(colour, width, dot) {
    this.growing = { colour, width, dots: [dot] };
    this.#draw(this.growing, 0);
  }

  /** @param {Dot} dot */
  grow(dot) {
    if (!this.growing) return;
    this.growing.dots.push(dot);
    this.#draw(this.growing, this.growing.dots.length - 1);
  }

  end() {
    if (!this.growing) return;
    this.#finish(this.growing);
    this.#add(this.growing);
    this.growing = null;
  }

  /** The stroke that has begun was none. */
  drop() {
    if (!this.growing) return;
    this.growing = null;
    this.#drawAll();
  }

  /** Takes everything away, which can be taken back like a stroke. */
  clear() {
    this.#add({ colour: "", width: 0, dots: [] });
    this.#drawAll();
  }

  #add(/** @type {Stroke} */ stroke) {
    this.strokes.push(stroke);
    this.undone = [];
    this.onChange();
  }

  undo() {
    this.#move(this.strokes, this.undone);
  }

  redo() {
    this.#move(this.undone, this.strokes);
  }

  #move(/** @type {Stroke[]} */ from, /** @type {Stroke[]} */ to) {
    const stroke = from.pop();
    if (!stroke) return;
    to.push(stroke);
    this.#drawAll();
    this.onChange();
  }

  #drawAll() {
    const { width, height } = this.canvas;
    const pen = this.#pen;
    pen.globalCompositeOperation = "source-over";
    pen.clearRect(0, 0, width, height);
    const emptied = this.strokes.findLastIndex(({ dots }) => !dots.length);
    if (this.base && emptied < 0) pen.drawImage(this.base, 0, 0, width, height);
    for (const stroke of this.strokes.slice(emptied + 1)) {
      for (let at = 0; at < stroke.dots.length; at += 1) this.#draw(stroke, at);
      this.#finish(stroke);
    }
  }

  /** The pen that draws a stroke's way to one of its dots.
   * @param {Stroke} stroke @param {Dot} dot
   */
  #penOf({ colour, width }, dot) {
    const pen = this.#pen;
    pen.globalCompositeOperation = colour ? "source-over" : "destination-out";
    pen.strokeStyle = colour || "#000";
    pen.fillStyle = pen.strokeStyle;
    pen.lineWidth = width * dot.pressure;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    pen.beginPath();
    return pen;
  }

  /** Draws the next piece of a stroke: a dot at first, then curves between the middles of its way.
   * @param {Stroke} stroke @param {number} at
   */
  #draw(stroke, at) {
    const [before, last, dot] = [stroke.dots[at - 2], stroke.dots[at - 1], stroke.dots[at]];
    if (!dot) return;
    const pen = this.#penOf(stroke, dot);
    if (!last) {
      pen.arc(dot.x, dot.y, pen.lineWidth / 2, 0, 2 * Math.PI); // a line of no length is not drawn
      return pen.fill();
    }
    const [from, to] = [before ? middle(before, last) : last, middle(last, dot)];
    pen.moveTo(from.x, from.y);
    pen.quadraticCurveTo(last.x, last.y, to.x, to.y);
    pen.stroke();
  }

  /** Draws the last half of the way.
   * @param {Stroke} stroke
   */
  #finish(stroke) {
    const [last, dot] = stroke.dots.slice(-2);
    if (!last || !dot) return;
    const pen = this.#penOf(stroke, dot);
    const from = middle(last, dot);
    pen.moveTo(from.x, from.y);
    pen.lineTo(dot.x, dot.y);
    pen.stroke();
  }
}
