// A tray: pictures that go into a request, in an order that fingers, mouse and keys can change.

import { fill, find, findAll } from "./dom.js";
import { language } from "./page.js";
import { pressWhenUploaded, trays } from "./press.js";
import { check } from "./tray_check.js";
import { listenTo } from "./tray_events.js";
import { makePicker, sift, uploadOnce } from "./tray_files.js";
import { trayHtml } from "./tray_html.js";
import { rolesOf, writeRoles } from "./tray_roles.js";

/** A picture of a tray, as the server and the script hand it to each other.
 * @typedef {object} Item
 * @property {string} name
 * @property {number} size bytes
 * @property {string} [url]
 * @property {string} [path] the uploaded file
 * @property {string} [picture] one that was made here, "<generation>/<name>"
 * @property {Item} [mask] a picture of its shape: white where it may change
 * @property {string} [extend] where it lies in a larger one
 * @property {boolean} [keep] of a mask: what an answer changes elsewhere is undone
 */

/** What the server says of a tray.
 * @typedef {object} Facts
 * @property {number} fewest how many pictures it wants
 * @property {number} most how many pictures it takes
 * @property {number} heaviest bytes of one picture
 * @property {Record<string, Record<string, string>>} words by language
 */

export class Tray {
  /** @param {import("./dom.js").Piece} piece */
  constructor({ element, props, trigger, upload, watch }) {
    this.element = element;
    this.props = props;
    this.trigger = trigger;
    this.upload = upload;
    /** @type {Facts} */
    this.facts = JSON.parse(find("[data-tray]", element)?.dataset.tray ?? "{}");
    /** Addresses of uploaded files within this browser. @type {Map<string, string>} */
    this.previews = new Map();
    this.uploading = 0;
    this.note = "";
    this.picker = makePicker(this);
    trays.add(this);
    listenTo(this);
    watch("value", () => this.render());
    this.render();
  }

  /** @returns {Item[]} */
  get items() {
    return Array.isArray(this.props.value) ? this.props.value : [];
  }

  get isSingle() {
    return this.facts.most === 1;
  }

  /** A text in the language of the page.
   * @param {string} name
   * @param {Record<string, unknown>} [facts]
   */
  say(name, facts = {}) {
    return fill(this.facts.words[language()]?.[name] ?? "", facts);
  }

  /** How many pictures it still takes; one that holds one takes the next in its place. */
  get room() {
    return this.isSingle ? 1 : this.facts.most - this.items.length - this.uploading;
  }

  isShown() {
    return this.element.offsetParent !== null;
  }

  isBusy() {
    return this.uploading > 0 && this.isShown();
  }

  #set(/** @type {Item[]} */ items) {
    this.props.value = items;
    this.trigger("change");
    this.render();
  }

  #focus(/** @type {number} */ index) {
    (findAll(".pic", this.element)[index] ?? find("[data-add]", this.element))?.focus();
  }

  move(/** @type {number} */ from, /** @type {number} */ to) {
    if (to < 0 || to >= this.items.length || from === to) return;
    const items = [...this.items];
    const roles = rolesOf(this);
    items.splice(to, 0, ...items.splice(from, 1));
    roles.splice(to, 0, ...roles.splice(from, 1));
    writeRoles(this, roles);
    this.note = this.say("moved", { number: to + 1 });
    this.#set(items);
    this.#focus(to);
  }

  /** Says in the prompt what a picture is for.
   * @param {number} index
   * @param {string} role "" for nothing
   */
  give(index, role) {
    writeRoles(
      this,
      rolesOf(this).map((before, at) => (at === index ? role : before)),
    );
    this.check();
  }

  /** Says more of a picture: which region of it may change, or where it lies in a larger one.
   * @param {number} index
   * @param {Partial<Item>} facts
   */
  change(index, facts) {
    this.note = "";
    this.#set(this.items.map((item, at) => (at === index ? { ...item, ...facts } : item)));
  }

  /** Says something under the pictures.
   * @param {string} name
   */
  tell(name) {
    this.note = this.say(name);
    this.render();
  }

  remove(/** @type {number} */ index) {
    this.note = "";
    const roles = rolesOf(this).filter((_, i) => i !== index);
    writeRoles(this, roles);
    this.#set(this.items.filter((_, i) => i !== index));
    this.#focus(Math.min(index, this.items.length - 1));
  }

  /** Uploads files and puts them at the end; a tray for one picture takes the new one instead of its own.
   * @param {File[]} files
   */
  async add(files) {
    const { accepted, note } = sift(files, this);
    this.note = note;
    this.uploading += accepted.length;
    this.render();
    if (!accepted.length) return;
    const uploads = await Promise.all(accepted.map((file) => this.#upload(file)));
    this.uploading -= accepted.length;
    const added = uploads.filter((item) => item !== null);
    const failed = accepted.filter((_, index) => !uploads[index]).map((file) => file.name || "picture");
    if (failed.length) this.note = [note, this.say("failed", { name: failed.join(", ") })].join(" ").trim();
    document.dispatchEvent(new CustomEvent("playground:added", { detail: added }));
    setTimeout(pressWhenUploaded, 50);
    this.#set(this.isSingle && added.length ? added : [...this.items, ...added]);
  }

  /** Takes pictures that were pasted, dropped or dragged here.
   * @param {import("./moving.js").Moved} moved
   */
  take({ files, items }) {
    if (files.length) this.add(files);
    if (!items.length) return;
    const { room, isSingle } = this;
    const names = items.slice(room).map((item) => item.name);
    if (names.length) this.note = this.say("full", { max: this.facts.most, name: names.join(", ") });
    else this.note = isSingle && this.items.length ? this.say("replaced") : "";
    const added = items.slice(0, room);
    this.#set(isSingle && added.length ? added : [...this.items, ...added]);
  }

  async #upload(/** @type {File} */ file) {
    const name = file.name || "picture";
    try {
      const { path, url } = await uploadOnce(file, this.upload);
      this.previews.set(path, URL.createObjectURL(file));
      return { path, url, name, size: file.size };
    } catch {
      return null;
    }
  }

  render() {
    this.element.innerHTML = trayHtml(this);
    for (const image of findAll("img", this.element))
      image.addEventListener("error", () => image.closest(".pic")?.classList.add("blind"), { once: true });
    this.check();
  }

  /** Tells what is to be known before the pictures go out. */
  check() {
    check(this);
  }
}
