// What hands do to a picture: wheel and pinch enlarge, a drag moves, a double press shows real pixels, a swipe
// goes on or closes.

/** @typedef {import("./zoom.js").Point} Point */

/** What the gestures do. Points are those of the window.
 * @typedef {object} Hands
 * @property {(factor: number, at: Point) => void} zoom
 * @property {(right: number, down: number) => void} pan
 * @property {(at: Point) => void} toggle
 * @property {(step: number) => void} walk
 * @property {() => void} close
 * @property {() => boolean} isEnlarged a drag moves the picture; else it may be a swipe
 */

const DOUBLE = 350; // milliseconds between two presses that are one double press
const NEAR = 30; // pixels between them, and what a finger may shake
const SWIPE = 60; // pixels of a swipe
const WHEEL = 0.0016;
const WHEEL_LINE = 20; // pixels of a wheel that counts lines

/** @param {Point} one @param {Point} other */
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

const pointOf = (/** @type {MouseEvent} */ event) => ({ x: event.clientX, y: event.clientY });

class Fingers {
  /** @param {HTMLElement} place @param {Hands} hands */
  constructor(place, hands) {
    this.place = place;
    this.hands = hands;
    /** @type {Map<number, Point>} */
    this.points = new Map();
    /** Where the first finger came down; null once there were two. @type {Point | null} */
    this.start = null;
    /** @type {{ at: Point, when: number } | null} */
    this.tap = null;
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button, input, a")))
      return;
    this.points.set(event.pointerId, pointOf(event));
    this.start = this.points.size === 1 ? pointOf(event) : null;
    this.place.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.points.get(event.pointerId);
    if (!before) return;
    const [one, other] = [...this.points.values()];
    const now = pointOf(event);
    this.points.set(event.pointerId, now);
    if (one && other) this.#pinch(one, other);
    else if (this.hands.isEnlarged()) this.hands.pan(now.x - before.x, now.y - before.y);
  }

  #pinch(/** @type {Point} */ one, /** @type {Point} */ other) {
    const [here, there] = [...this.points.values()];
    if (!here || !there) return;
    const middle = { x: (here.x + there.x) / 2, y: (here.y + there.y) / 2 };
    this.hands.zoom(distance(here, there) / Math.max(distance(one, other), 1), middle);
    this.hands.pan(middle.x - (one.x + other.x) / 2, middle.y - (one.y + other.y) / 2);
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { start } = this;
    if (!this.points.delete(event.pointerId) || !start || this.points.size) return;
    this.start = null;
    const end = pointOf(event);
    if (distance(start, end) < NEAR / 3) this.#tapped(end, event.timeStamp);
    else if (event.pointerType !== "mouse" && !this.hands.isEnlarged())
      this.#swiped(end.x - start.x, end.y - start.y);
  }

  #tapped(/** @type {Point} */ at, /** @type {number} */ when) {
    const { tap } = this;
    const isDouble = tap !== null && when - tap.when < DOUBLE && distance(tap.at, at) < NEAR;
    this.tap = isDouble ? null : { at, when };
    if (isDouble) this.hands.toggle(at);
  }

  #swiped(/** @type {number} */ right, /** @type {number} */ down) {
    if (Math.abs(right) > SWIPE && Math.abs(right) > 1.5 * Math.abs(down))
      this.hands.walk(right < 0 ? 1 : -1);
    else if (down > 1.5 * SWIPE && down > 1.5 * Math.abs(right)) this.hands.close();
  }

  /** @param {PointerEvent} event */
  lost(event) {
    this.points.delete(event.pointerId);
    this.start = null;
  }
}

/** Listens to hands over a place.
 * @param {HTMLElement} place @param {Hands} hands
 */
export const listenToHands = (place, hands) => {
  const fingers = new Fingers(place, hands);
  place.addEventListener("pointerdown", (event) => fingers.down(event));
  place.addEventListener("pointermove", (event) => fingers.move(event));
  place.addEventListener("pointerup", (event) => fingers.up(event));
  place.addEventListener("pointercancel", (event) => fingers.lost(event));
  place.addEventListener("dragstart", (event) => event.preventDefault());
  place.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : WHEEL_LINE;
      const pinch = event.ctrlKey ? 6 : 1; // two fingers on a trackpad come as a wheel with Ctrl
      hands.zoom(Math.exp(-event.deltaY * lines * pinch * WHEEL), pointOf(event));
    },
    { passive: false },
  );
};
