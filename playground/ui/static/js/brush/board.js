// The board: one dialog in which a region of a picture is marked, or something is drawn.

import { fill, findAll, need } from "../dom.js";
import { Stage } from "../viewer/stage.js";
import { WHOLE } from "../viewer/zoom.js";
import { Drawing } from "./drawing.js";
import { listenToBoard } from "./events.js";
import { isBlank, marked, within } from "./pixels.js";

/** @typedef {import("../viewer/zoom.js").Size} Size */

/** What the board is opened for.
 * @typedef {object} Task
 * @property {"mark" | "draw"} kind
 * @property {HTMLImageElement | null} picture what lies below; null for an empty sheet
 * @property {CanvasImageSource | null} base what was drawn before
 * @property {(board: Board) => Promise<unknown>} save takes what was drawn; rejects where that is not kept
 */

/** Pixels of the canvas: a region needs few on a picture of any size, and each costs time at every touch. */
const LONGEST = { mark: 1024, draw: 2048 };
const SHEET = 1536;
const MARK = "#e5254f";
const [THINNEST, WIDEST] = [2, 160]; // CSS pixels of the brush
const WIDTHS = { mark: 40, draw: 8 };

export class Board {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.stage = new Stage(need(".viewstage", dialog), () => this.#onView());
    this.drawing = new Drawing(() => this.#onStroke());
    this.drawing.canvas.className = "drawn";
    /** @type {Task | null} */
    this.task = null;
    this.tool = "paint";
    this.ink = "";
    this.width = { ...WIDTHS };
    this.isSaving = false;
    listenToBoard(this);
  }

  /** A text in the language of the page.
   * @param {string} name @param {Record<string, unknown>} [facts]
   */
  say(name, facts = {}) {
    return fill(JSON.parse(this.dialog.dataset.said ?? "{}")[name] ?? "", facts);
  }

  /** Says something over the picture; nothing for "".
   * @param {string} text
   */
  note(text) {
    need(".viewnote", this.dialog).textContent = text;
  }

  get kind() {
    return this.task?.kind ?? "mark";
  }

  /** What the brush paints with; "" takes away. */
  get colour() {
    if (this.tool === "erase") return "";
    return this.kind === "mark" ? MARK : this.ink;
  }

  /** CSS pixels of the brush. */
  get thickness() {
    return this.width[this.kind];
  }

  set thickness(/** @type {number} */ pixels) {
    this.width[this.kind] = Math.min(Math.max(Math.round(pixels), THINNEST), WIDEST);
    const slider = need("[data-thickness]", this.dialog);
    if (slider instanceof HTMLInputElement) slider.value = String(this.width[this.kind]);
    this.dialog.style.setProperty("--brush", `${this.width[this.kind]}px`);
  }

  /** Opens for a task; ends once it is closed.
   * @param {Task} task
   */
  async open(task) {
    const { dialog, stage, drawing } = this;
    this.task = task;
    dialog.dataset.kind = task.kind;
    dialog.toggleAttribute("data-sheet", !task.picture);
    need("h2", dialog).textContent = this.say(`${task.kind}_title`);
    need(".hint", dialog).textContent = this.say(`${task.kind}_hint`);
    this.note("");
    dialog.showModal();
    history.pushState({ playground: "brush" }, ""); // a phone's Back closes what lies over the page
    const size = within(this.#lay(task.picture), LONGEST[task.kind]);
    drawing.start(size, task.base && marked(task.base, size, MARK));
    stage.mine.place.append(drawing.canvas);
    this.take("paint");
    this.dip(this.ink || (findAll("[data-ink]", dialog)[0]?.dataset.ink ?? ""));
    this.thickness = this.width[task.kind];
    stage.look(WHOLE);
    this.#onStroke();
    stage.element.focus();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  }

  /** Lays the picture down, or an empty sheet of the shape that is chosen; returns its size.
   * @param {HTMLImageElement | null} picture
   * @returns {Size}
   */
  #lay(picture) {
    const { mine } = this.stage;
    mine.clear();
    if (picture) {
      const { currentSrc: address, naturalWidth: width, naturalHeight: height } = picture;
      mine.show({ preview: address, shown: address, width, height }, "");
    } else mine.size = this.#sheet();
    return mine.size;
  }

  #sheet() {
    const shape = need("[data-shape]", this.dialog);
    const [width = 1, height = 1] = (shape instanceof HTMLSelectElement ? shape.value : "1:1")
      .split(":")
      .map(Number);
    const scale = SHEET / Math.max(width, height);
    return { width: Math.round(width * scale), height: Math.round(height * scale) };
  }

  /** The sheet gets the shape that is chosen; what was drawn stays around its middle. */
  reshape() {
    this.stage.mine.size = this.#sheet();
    this.drawing.resize(this.stage.mine.size);
    this.stage.look(WHOLE);
  }

  /** Takes a tool into the hand: paint, erase or move.
   * @param {string} tool
   */
  take(tool) {
    this.tool = tool;
    this.stage.element.dataset.tool = tool;
    for (const button of findAll("button[data-tool]", this.dialog))
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }

  /** Another colour.
   * @param {string} ink
   */
  dip(ink) {
    this.ink = ink;
    for (const button of findAll("[data-ink]", this.dialog))
      button.setAttribute("aria-pressed", String(button.dataset.ink === ink));
  }

  #onStroke() {
    const { strokes, undone, base } = this.drawing;
    const isEmpty = strokes.length ? strokes.at(-1)?.dots.length === 0 : base === null;
    const off = { undo: !strokes.length, redo: !undone.length, clear: isEmpty };
    for (const [name, isOff] of Object.entries(off))
      need(`[data-brush=${name}]`, this.dialog).toggleAttribute("disabled", isOff);
  }

  #onView() {
    const percent = Math.round(this.stage.percent);
    need(".percent", this.dialog).textContent = this.task ? this.say("zoom", { percent }) : "";
  }

  /** Whether nothing is drawn. */
  isBlank() {
    return isBlank(this.drawing.canvas);
  }

  /** Keeps what was drawn and closes; stays open and says so where that fails. */
  async done() {
    const { task, drawing } = this;
    if (!task || this.isSaving) return;
    drawing.end();
    if (!drawing.strokes.length) return this.close();
    this.isSaving = true;
    const isKept = await task.save(this).then(
      () => true,
      () => false,
    );
    this.isSaving = false;
    if (isKept) this.close();
    else this.note(this.say("not_kept"));
  }

  close() {
    if (!this.dialog.open) return;
    this.dialog.close();
    this.task = null;
    this.stage.clear();
    this.drawing.start({ width: 1, height: 1 }, null);
    if (history.state?.playground === "brush") history.back();
  }
}
