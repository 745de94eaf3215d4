// One generation of the history, in the place of the album.

import { find, findAll, isNarrow, need } from "../dom.js";
import { toast } from "./toast.js";

export class Detail {
  /** @param {import("./history.js").HistoryPage} page */
  constructor(page) {
    this.page = page;
    /** Id of the generation that is shown, or "". */
    this.id = "";
    this.scrolledTo = 0;
  }

  get place() {
    return need(".detail-view", this.page.element);
  }

  /** The picture that is shown, "<generation>/<name>", or "". */
  get picture() {
    return find("[data-index]:not([hidden]) [data-do=edit]", this.place)?.dataset.picture ?? "";
  }

  /** Shows a generation, and says whether there was one.
   * @param {string} id
   */
  async show(id) {
    const answer = await this.page.ask("history_entry", { id });
    if (!answer) return false;
    if (!answer.html) {
      toast(answer.said ?? "");
      return false;
    }
    if (!this.id) this.scrolledTo = window.scrollY;
    this.id = id;
    this.place.innerHTML = answer.html;
    this.#swap(true);
    for (const button of findAll("[data-walk]", this.place))
      button.toggleAttribute("disabled", !this.#neighbour(Number(button.dataset.walk)));
    if (isNarrow()) find("#result")?.scrollIntoView();
    else window.scrollTo(0, 0);
    find("[data-back]", this.place)?.focus({ preventScroll: true });
    return true;
  }

  /** Shows a generation, to which the browser's Back leads back; in place of the one shown before if `replace`.
   * @param {string} id
   * @param {boolean} [replace]
   */
  async open(id, replace = false) {
    if (!(await this.show(id))) return;
    const state = { playground: "entry", id };
    if (replace && history.state?.playground === "entry") history.replaceState(state, "");
    else history.pushState(state, "");
  }

  /** Shows the album again; `focus` puts the focus where it was.
   * @param {{ focus: boolean }} options
   */
  leave({ focus }) {
    if (!this.id) return;
    const { id } = this;
    this.id = "";
    this.#swap(false);
    this.place.innerHTML = "";
    window.scrollTo(0, this.scrolledTo);
    if (focus) this.page.album.focus(id);
  }

  /** Leaves it because it is gone: Back must not lead to it. */
  discard() {
    if (!this.id) return;
    this.leave({ focus: false });
    if (history.state?.playground === "entry") history.back();
  }

  /** Shows the neighbour in the album.
   * @param {number} step
   */
  walk(step) {
    const ids = this.page.album.ids;
    const beside = this.#neighbour(step);
    if (ids.indexOf(this.id) + step >= ids.length - 2) this.page.album.more();
    if (beside) this.open(beside, true);
  }

  #neighbour(/** @type {number} */ step) {
    const ids = this.page.album.ids;
    const index = ids.indexOf(this.id);
    return index < 0 ? undefined : ids[index + step];
  }

  #swap(/** @type {boolean} */ isDetail) {
    this.place.hidden = !isDetail;
    this.page.grid.hidden = isDetail;
  }
}
