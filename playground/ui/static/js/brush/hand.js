// The hand that holds the brush: where it is, and the strokes that it makes, by pointers and by keys.

import { around, need } from "../dom.js";

const BEGINNING = 400; // milliseconds in which a stroke turns out to be the first of two fingers
const STEP = 8; // pixels that an arrow key moves the brush; five times as many with Shift

/** Which way a key moves the brush, right and down. @type {Record<string, [number, number]>} */
export const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  " ": [0, 0],
};

export class Hand {
  /** @param {import("./board.js").Board} board */
  constructor(board) {
    this.board = board;
    this.place = board.stage.element;
    this.ring = need(".ring", this.place);
    /** Pointers that are down. @type {Set<number>} */
    this.down = new Set();
    /** The pointer that paints. @type {number | null} */
    this.painting = null;
    this.begun = 0;
    /** Who holds a pen rests a hand on the picture. */
    this.hasPen = false;
    /** Where keys have moved the brush. @type {{ x: number, y: number } | null} */
    this.at = null;
    this.box = new DOMRect();
  }

  /** A point of the window as one of the canvas.
   * @param {{ clientX: number, clientY: number, pressure?: number, pointerType?: string }} event
   */
  #dot({ clientX, clientY, pressure = 0, pointerType = "" }) {
    const { left, top, width, height } = this.box;
    const { canvas } = this.board.drawing;
    return {
      x: ((clientX - left) / width) * canvas.width,
      y: ((clientY - top) / height) * canvas.height,
      pressure: pointerType === "pen" && pressure > 0 ? 0.4 + 1.2 * pressure : 1,
    };
  }

  /** @param {{ clientX: number, clientY: number }} event */
  begin(event) {
    const { drawing, colour, thickness } = this.board;
    this.box = drawing.canvas.getBoundingClientRect();
    drawing.begin(colour, (thickness * drawing.canvas.width) / this.box.width, this.#dot(event));
  }

  /** @param {{ clientX: number, clientY: number }} event */
  grow(event) {
    this.board.drawing.grow(this.#dot(event));
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || around(event, "button, input, select")) return;
    const { drawing, tool } = this.board;
    if (event.pointerType === "touch" && this.hasPen) return;
    if (event.pointerType === "pen") this.#takePen(event);
    this.down.add(event.pointerId);
    if (this.painting !== null) {
      // A second finger: both move the picture. What the first has just begun was no stroke.
      if (event.timeStamp - this.begun < BEGINNING) drawing.drop();
      else drawing.end();
      this.painting = null;
    } else if (this.down.size === 1 && tool !== "move") {
      this.painting = event.pointerId;
      this.begun = event.timeStamp;
      this.begin(event);
    }
  }

  /** A pen is no finger, so that it and the hand below it are not two that move the picture.
   * @param {PointerEvent} event
   */
  #takePen(event) {
    this.hasPen = true;
    if (this.board.tool === "move") return;
    event.stopImmediatePropagation();
    this.place.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerType !== "touch") this.show(event);
    if (event.pointerId !== this.painting) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) this.grow(one);
  }

  /** @param {PointerEvent} event */
  lift(event) {
    this.down.delete(event.pointerId);
    if (event.pointerId !== this.painting) return;
    this.painting = null;
    this.board.drawing.end();
  }

  /** Shows how wide the brush is.
   * @param {{ clientX: number, clientY: number }} point
   */
  show({ clientX, clientY }) {
    const { left, top } = this.place.getBoundingClientRect();
    this.at = { x: clientX, y: clientY };
    this.ring.hidden = false;
    this.ring.style.transform = `translate(${clientX - left}px, ${clientY - top}px)`;
  }

  hide() {
    this.ring.hidden = true;
  }

  /** Keys do what a hand does: arrows move the brush, and Space sets it down and lifts it.
   * @param {KeyboardEvent} event
   */
  key(event) {
    const { drawing, tool, stage } = this.board;
    const [right, down] = ARROWS[event.key] ?? [0, 0];
    const step = event.shiftKey ? 5 * STEP : STEP;
    const { left, top, width, height } = this.place.getBoundingClientRect();
    const { x, y } = this.at ?? { x: left + width / 2, y: top + height / 2 };
    const point = {
      clientX: Math.min(Math.max(x + right * step, left), left + width),
      clientY: Math.min(Math.max(y + down * step, top), top + height),
    };
    if (tool === "move") return stage.pan(-right * 5 * STEP, -down * 5 * STEP);
    this.show(point);
    if (event.key !== " ") this.grow(point);
    else if (drawing.growing) drawing.end();
    else this.begin(point);
  }
}
