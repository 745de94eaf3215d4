// A picture beside another one: under a divider, side by side, or as a map of what changed.

import { find, findAll, need } from "../dom.js";
import { countChanges } from "./changes.js";

/** @typedef {import("./shots.js").Shot} Shot */

const ALIKE = 0.02; // shapes that differ by no more than this are laid over each other edge to edge

export class Compare {
  /** @param {import("./viewer.js").Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** What there is to compare with. @type {Shot[]} */
    this.others = [];
    /** What is compared with. @type {Shot | null} */
    this.shot = null;
    this.isOn = false;
    /** The viewer was opened to compare, and closes at the end of it. */
    this.isAll = false;
    this.way = "slider";
  }

  get dialog() {
    return this.viewer.dialog;
  }

  /** Compares the picture that is shown with the one that was sent, or else with the one most like it.
   * @param {boolean} isAll nothing else is wanted of the viewer
   */
  async start(isAll) {
    const { viewer } = this;
    const mine = viewer.found?.shot;
    if (!mine || this.isOn) return;
    const answer = await viewer.ask("viewer_others", { id: mine.generation, picture: mine.picture });
    if (viewer.found?.shot !== mine) return;
    this.others = answer?.pictures ?? [];
    const [first] = this.others;
    if (!first) return viewer.note(answer?.said ?? viewer.say("nothing_to_compare"));
    this.isOn = true;
    this.isAll = isAll;
    need(".comparing", this.dialog).hidden = false;
    this.dialog.classList.add("compares");
    need(".others", this.dialog).innerHTML = answer.html;
    need(".mine .tag", this.dialog).textContent = mine.name;
    this.divide();
    this.against(first.picture);
    find(`[data-way=${this.way}]`, this.dialog)?.focus();
  }

  /** Compares with another one.
   * @param {string} picture
   */
  async against(picture) {
    const shot = this.others.find((one) => one.picture === picture);
    const mine = this.viewer.found?.shot;
    if (!shot || !mine) return;
    this.shot = shot;
    for (const button of findAll("[data-against]", this.dialog)) {
      const isIt = button.dataset.against === picture;
      button.setAttribute("aria-pressed", String(isIt));
      if (isIt) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    need(".other .tag", this.dialog).textContent = shot.name;
    this.setWay(this.way);
    await this.viewer.stage.other.show(shot, shot.name);
    if (this.shot === shot) this.#describe();
  }

  /** The next one to compare with, or the one before.
   * @param {number} step
   */
  walk(step) {
    const at = this.shot ? this.others.indexOf(this.shot) : 0;
    const next = this.others[at + step];
    if (next) this.against(next.picture);
  }

  /** @param {string} way slider, side or changes */
  setWay(way) {
    this.way = way;
    for (const button of findAll("[data-way]", this.dialog))
      button.setAttribute("aria-pressed", String(button.dataset.way === way));
    this.viewer.stage.mode = /** @type {import("./stage.js").Mode} */ (way);
    this.#describe();
  }

  /** Puts the divider where its slider is. */
  divide() {
    const divider = need(".divider", this.dialog);
    if (!(divider instanceof HTMLInputElement)) return;
    need(".viewstage", this.dialog).style.setProperty("--cut", String(Number(divider.value) / 100));
  }

  get #areAlike() {
    const { mine, other } = this.viewer.stage;
    const [one, two] = [mine, other].map(({ size }) => size.width / size.height);
    return one !== undefined && two !== undefined && Math.abs(one / two - 1) <= ALIKE;
  }

  /** Says what is seen, honestly: two sizes are shown as one. */
  #describe() {
    const { viewer, shot } = this;
    const { mine, other } = viewer.stage;
    const areAlike = this.#areAlike;
    other.element.classList.toggle("alike", areAlike);
    need(".viewstage", this.dialog).classList.remove("mapped");
    find(".map", this.dialog)?.remove();
    const { loaded = "preview" } = other.element.dataset;
    if (!shot || loaded === "preview") return this.#tell("");
    if (this.way === "changes") return this.#map(shot);
    const [one, two] = [mine, other].map(({ size }) => `${size.width} × ${size.height}`);
    this.#tell(one === two ? "" : viewer.say("sizes", { one, other: two }));
  }

  #tell(/** @type {string} */ text) {
    need(".told", this.dialog).textContent = text;
  }

  async #map(/** @type {Shot} */ shot) {
    const { viewer } = this;
    const mine = viewer.found?.shot;
    if (!mine) return;
    if (!this.#areAlike) return this.#tell(viewer.say("shapes_differ"));
    this.#tell(viewer.say("counting"));
    const found = await countChanges(mine.shown, shot.shown).catch(() => null);
    if (this.shot !== shot || this.way !== "changes" || viewer.found?.shot !== mine) return;
    if (!found) return this.#tell(viewer.say("changes_failed"));
    const canvas = Object.assign(document.createElement("canvas"), found.size, { className: "map" });
    canvas.getContext("2d")?.drawImage(found.map, 0, 0);
    need(".mine .picture", this.dialog).append(canvas);
    need(".viewstage", this.dialog).classList.add("mapped");
    const share = 100 * found.share;
    const percent = share > 0 && share < 0.05 ? "< 0.1" : share.toFixed(share < 10 ? 1 : 0);
    const said = [viewer.say(found.isSame ? "unchanged" : "changed", { percent })];
    if (found.isSmaller) said.push(viewer.say("counted_smaller", found.size));
    this.#tell(said.join(" "));
  }

  /** Shows the one picture again. */
  end() {
    if (!this.isOn) return;
    this.isOn = false;
    this.shot = null;
    need(".comparing", this.dialog).hidden = true;
    need(".others", this.dialog).replaceChildren();
    find(".map", this.dialog)?.remove();
    this.dialog.classList.remove("compares");
    need(".viewstage", this.dialog).classList.remove("mapped");
    this.viewer.stage.mode = "one";
    this.viewer.stage.other.clear();
    find("[data-compare]", this.dialog)?.focus();
  }
}
