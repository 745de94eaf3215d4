// The viewer: a picture over the whole page, looked at closely, beside another, and on to the next.

import { fill, findAll, need } from "../dom.js";
import { language } from "../page.js";
import { enter, entryOf } from "./addresses.js";
import { Compare } from "./compare.js";
import { listenToDialog } from "./events.js";
import { isPresenting, present } from "./present.js";
import { Shots } from "./shots.js";
import { Stage } from "./stage.js";
import { WHOLE } from "./zoom.js";

/** @typedef {import("../dom.js").Piece} Piece */
/** @typedef {import("./shots.js").Found} Found */
/** @typedef {import("./shots.js").Shot} Shot */

const FLASH = 2500; // milliseconds
const THUMBNAIL = 320; // pixels of its longer side
const LARGE = 4096;

export class Viewer {
  /** @param {Piece} piece */
  constructor({ element, server }) {
    this.element = element;
    this.server = server;
    this.shots = new Shots((name, facts) => this.ask(name, facts));
    /** What is shown, as soon as the server has told of it. @type {Found | null} */
    this.found = null;
    /** The picture that is wanted, "<generation>/<name>". */
    this.picture = "";
    /** What had the focus before. @type {Element | null} */
    this.opener = null;
    const dialog = /** @type {HTMLDialogElement} */ (need("dialog", element));
    this.dialog = dialog;
    this.stage = new Stage(need(".viewstage", dialog), () => this.#showPercent());
    this.compare = new Compare(this);
    listenToDialog(this);
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** A text in the language of the page, which may have changed since the last one.
   * @param {string} name @param {Record<string, unknown>} [facts]
   */
  say(name, facts = {}) {
    return fill(JSON.parse(this.dialog.dataset.said ?? "{}")[name] ?? "", facts);
  }

  /** The server's answer to one of its named questions; null when there is none.
   * @param {string} name @param {object} facts
   * @returns {Promise<any>}
   */
  async ask(name, facts) {
    const answer = await this.server[name]?.({ language: language(), ...facts }).catch(() => null);
    return answer ?? null;
  }

  /** Opens over the page, at once with what the page has of the picture.
   * @param {string} picture @param {HTMLElement | null} image of the page @param {boolean} compares
   */
  async open(picture, image, compares) {
    if (!this.isOpen) {
      this.opener = document.activeElement;
      this.shots.forget();
      this.shots.isInAlbum = image?.closest("#history .album") != null;
      this.dialog.showModal();
      enter(picture);
    }
    if (image instanceof HTMLImageElement) this.#showAtOnce(image);
    await this.goTo(picture);
    if (compares && this.isOpen) await this.compare.start(true);
  }

  /** What the page has of the picture. How large the original of a thumbnail is, only the server knows: until it
   * says so, the thumbnail fills the place.
   * @param {HTMLImageElement} image
   */
  #showAtOnce({ currentSrc, alt, naturalWidth, naturalHeight }) {
    const times = Math.max(naturalWidth, naturalHeight) <= THUMBNAIL ? LARGE / THUMBNAIL : 1;
    const [width, height] = [naturalWidth * times, naturalHeight * times];
    if (currentSrc) this.stage.mine.show({ preview: currentSrc, shown: "", width, height }, alt);
  }

  /** Shows a picture that the server knows.
   * @param {string} picture
   */
  async goTo(picture) {
    this.picture = picture;
    const found = await this.shots.find(picture);
    if (this.picture !== picture || !this.isOpen) return;
    if (typeof found !== "string") await this.#show(found);
    else this.note(found || this.say("no_answer"));
  }

  /** @param {Found} found */
  async #show(found) {
    const { shot, row } = found;
    this.found = found;
    this.stage.look(WHOLE);
    const facts = { number: row.indexOf(shot) + 1, count: row.length };
    need(".place", this.dialog).textContent = this.say("place", facts);
    need(".viewline .said", this.dialog).textContent = shot.prompt;
    need(".viewline .figures", this.dialog).textContent = shot.figures;
    need(".viewactions", this.dialog).innerHTML = shot.actions;
    this.note(shot.preview ? this.say("preview") : "");
    this.#markEnds(found);
    const loaded = await this.stage.mine.show(shot, shot.prompt);
    if (!loaded || this.found !== found) return;
    if (loaded === "failed") this.note(this.say("failed"));
    else this.note(shot.is_converted ? this.say("converted") : "");
    this.#fetchAhead(found);
  }

  async #markEnds(/** @type {Found} */ found) {
    for (const button of findAll("[data-view-step]", this.dialog)) {
      const beside = await this.shots.beside(found, Number(button.dataset.viewStep));
      if (this.found === found) button.toggleAttribute("disabled", !beside);
    }
  }

  /** The next picture is there before it is asked for, unless its reader pays for each byte. */
  async #fetchAhead(/** @type {Found} */ found) {
    const { saveData = false } = /** @type {any} */ (navigator).connection ?? {};
    for (const step of saveData ? [] : [1, -1]) {
      const beside = await this.shots.beside(found, step);
      if (beside && this.found === found) new Image().src = step > 0 ? beside.shown : beside.preview;
    }
  }

  /** Goes on to the next picture, or back.
   * @param {number} step 1 or -1
   */
  async walk(step) {
    const { found } = this;
    const beside = found && (await this.shots.beside(found, step));
    if (!beside || this.found !== found) return;
    history.replaceState(...entryOf(beside.picture));
    await this.goTo(beside.picture);
  }

  /** Says something below the picture; nothing for "".
   * @param {string} text
   */
  note(text) {
    need(".viewnote", this.dialog).textContent = text;
  }

  #flash(/** @type {string} */ text) {
    this.note(text);
    const place = need(".viewnote", this.dialog);
    setTimeout(() => place.textContent === text && this.note(""), FLASH);
  }

  #showPercent() {
    const percent = Math.round(this.stage.percent);
    const label = this.found ? this.say("zoom", { percent }) : "";
    need(".percent", this.dialog).textContent = label;
  }

  /** Says that a star was given or taken off, or why it was not.
   * @param {{ on: boolean | null, failed: string }} starred
   */
  onStar({ on, failed }) {
    this.shots.forget();
    if (on === null) this.#flash(failed || this.say("no_answer"));
    else this.#flash(this.say(on ? "starred" : "unstarred"));
  }

  /** Leaves what is presented or compared, or closes. */
  back() {
    if (isPresenting(this)) present(this, false);
    else if (this.compare.isOn && !this.compare.isAll) this.compare.end();
    else this.close();
  }

  /** Closes and gives the focus back.
   * @param {HTMLElement | null} [focus] what gets it instead
   */
  close(focus = null) {
    if (!this.isOpen) return;
    this.compare.end();
    present(this, false);
    this.dialog.close();
    this.stage.clear();
    this.found = null;
    this.picture = "";
    if (history.state?.playground === "viewer") history.back();
    const opener = this.opener instanceof HTMLElement && this.opener.isConnected ? this.opener : null;
    (focus ?? opener)?.focus({ preventScroll: true });
  }
}
