// One picture of the viewer: its preview at once, then the original from its own address, as it is.

import { find, need } from "../dom.js";

/** What is known of a picture; `shown` is the original, or a copy where no browser draws the original.
 * @typedef {object} Source
 * @property {string} preview
 * @property {string} shown
 * @property {number} width
 * @property {number} height
 */

/** An address in the form in which an image tells its own. */
const whole = (/** @type {string} */ address) => address && new URL(address, document.baseURI).href;

export class Pane {
  /** @param {HTMLElement} element @param {() => void} onSize */
  constructor(element, onSize) {
    this.element = element;
    this.onSize = onSize;
    this.place = need(".picture", element);
    this.tag = need(".tag", element);
    /** Pixels, upright. */
    this.size = { width: 1, height: 1 };
    this.shown = "";
    this.preview = "";
  }

  /** Shows a picture; returns "original", "failed", or "" when another one was wanted meanwhile.
   * @param {Source} source
   * @param {string} alt
   */
  async show(source, alt) {
    const [preview, shown] = [whole(source.preview), whole(source.shown)];
    const isSame = this.preview !== "" && [preview, shown].includes(this.preview);
    if (!isSame) this.place.replaceChildren();
    if (source.width && source.height) this.#measure(source);
    if (!isSame) this.preview = preview;
    this.shown = shown;
    this.element.dataset.loaded = "preview";
    if (preview && !isSame) this.#addPreview(preview, alt);
    this.onSize();
    return shown ? this.#load(shown, alt) : "";
  }

  #addPreview(/** @type {string} */ address, /** @type {string} */ alt) {
    const image = Object.assign(new Image(), { src: address, alt, className: "preview" });
    if (this.size.width === 1) image.onload = () => this.#measured(image);
    this.place.prepend(image);
  }

  async #load(/** @type {string} */ address, /** @type {string} */ alt) {
    const image = Object.assign(new Image(), { src: address, alt, className: "original" });
    const isLoaded = await image.decode().then(
      () => true,
      () => false,
    );
    if (address !== this.shown) return "";
    this.element.dataset.loaded = isLoaded ? "original" : "failed";
    if (!isLoaded) return "failed";
    find(".original", this.place)?.remove();
    this.place.append(image);
    find(".preview", this.place)?.setAttribute("alt", "");
    this.#measured(image);
    return "original";
  }

  /** The browser turns a picture upright before it tells its size. */
  #measured(/** @type {HTMLImageElement} */ image) {
    this.#measure({ width: image.naturalWidth, height: image.naturalHeight });
    this.onSize();
  }

  #measure(/** @type {import("./zoom.js").Size} */ { width, height }) {
    if (width && height) this.size = { width, height };
  }

  /** Takes the picture away. */
  clear() {
    this.shown = "";
    this.preview = "";
    this.size = { width: 1, height: 1 };
    this.place.replaceChildren();
    delete this.element.dataset.loaded;
  }
}
