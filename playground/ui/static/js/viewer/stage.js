// The place of one picture or of two, which are always seen in the same view: zoomed and moved together.

import { need } from "../dom.js";
import { Pane } from "./pane.js";
import { fitting, isEnlarged, panned, placed, real, scaleOf, toggled, WHOLE, zoomed } from "./zoom.js";

/** @typedef {import("./zoom.js").Point} Point */
/** @typedef {"one" | "slider" | "side" | "changes"} Mode */

const CRISP = 3; // from so many screen pixels for one of the picture, its pixels are squares

export class Stage {
  /** @param {HTMLElement} element @param {() => void} onChange */
  constructor(element, onChange) {
    this.element = element;
    this.onChange = onChange;
    this.mine = new Pane(need(".mine", element), () => this.apply());
    this.other = new Pane(need(".other", element), () => this.apply());
    this.view = WHOLE;
    new ResizeObserver(() => this.apply()).observe(element);
  }

  get mode() {
    return /** @type {Mode} */ (this.element.dataset.mode);
  }

  set mode(/** @type {Mode} */ mode) {
    this.element.dataset.mode = mode;
    this.other.element.hidden = !["slider", "side"].includes(mode);
    need(".divider", this.element).hidden = mode !== "slider";
    this.apply();
  }

  get box() {
    const { clientWidth: width, clientHeight: height } = this.mine.element;
    return { width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  get isEnlarged() {
    return isEnlarged(this.view, this.mine.size, this.box);
  }

  /** Pixels of the screen for one of the picture, in hundredths. */
  get percent() {
    return (100 * scaleOf(this.view, this.mine.size, this.box)) / real();
  }

  /** A point of the window as one of the pane that it is in; the middle without one. */
  #within(/** @type {Point | undefined} */ at) {
    const { box } = this;
    if (!at) return { x: box.width / 2, y: box.height / 2 };
    const pane = [this.other, this.mine].find(({ element }) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return !element.hidden && at.x >= left && at.x <= right && at.y >= top && at.y <= bottom;
    });
    const { left, top } = (pane ?? this.mine).element.getBoundingClientRect();
    return { x: at.x - left, y: at.y - top };
  }

  /** @param {number} factor @param {Point} [at] */
  zoom(factor, at) {
    const { view, box } = this;
    const { size } = this.mine;
    this.look(zoomed(view, size, box, factor * scaleOf(view, size, box), this.#within(at)));
  }

  /** @param {Point} [at] */
  toggle(at) {
    this.look(toggled(this.view, this.mine.size, this.box, this.#within(at)));
  }

  /** All of it. */
  toWhole() {
    this.look(WHOLE);
  }

  /** Real pixels around the middle. */
  toReal() {
    this.look(zoomed(this.view, this.mine.size, this.box, real(), this.#within(undefined)));
  }

  /** @param {number} right @param {number} down */
  pan(right, down) {
    this.look(panned(this.view, this.mine.size, this.box, right, down));
  }

  /** @param {import("./zoom.js").View} view */
  look(view) {
    this.view = view;
    this.apply();
  }

  /** Lays everything out as the view says. */
  apply() {
    const { element, view } = this;
    const { size } = this.mine;
    if (this.mode === "side") this.#split();
    const { box } = this;
    const { left, top, width, height } = placed(view, size, box);
    for (const { place } of [this.mine, this.other])
      Object.assign(place.style, {
        width: `${width}px`,
        height: `${height}px`,
        transform: `translate(${left}px, ${top}px)`,
      });
    const from = Math.max(left, 0);
    element.style.setProperty("--from", `${from}px`);
    element.style.setProperty("--top", `${Math.max(top, 0)}px`);
    element.style.setProperty("--span", `${Math.min(left + width, box.width) - from}px`);
    element.classList.toggle("enlarged", this.isEnlarged);
    element.classList.toggle("crisp", this.percent >= 100 * CRISP);
    this.onChange();
  }

  /** Two pictures stand beside each other or one above the other, whichever shows them larger. */
  #split() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const beside = fitting(this.mine.size, { width: width / 2, height });
    const above = fitting(this.mine.size, { width, height: height / 2 });
    this.element.dataset.split = above > beside ? "rows" : "columns";
  }

  clear() {
    this.mine.clear();
    this.other.clear();
    this.view = WHOLE;
  }
}
