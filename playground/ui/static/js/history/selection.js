// Several generations chosen at once, to be downloaded or deleted together.

import { find, findAll, need } from "../dom.js";

export class Selection {
  /** @param {import("./history.js").HistoryPage} page */
  constructor(page) {
    this.page = page;
    /** Ids of what is chosen; null while nothing is being chosen. @type {Set<string> | null} */
    this.ids = null;
    this.last = "";
    /** The tiles say whether they are chosen. */
    this.isMarked = false;
  }

  get isOpen() {
    return this.ids !== null;
  }

  /** Ids of what is chosen. */
  get chosen() {
    return [...(this.ids ?? [])];
  }

  /** Begins to choose, with a first one if an id is given.
   * @param {string} [id]
   */
  start(id = "") {
    this.ids ??= new Set();
    if (id) this.ids.add(id);
    this.mark();
  }

  /** Notes the tile that was pressed last: a range begins there.
   * @param {string} id
   */
  note(id) {
    this.last = id;
  }

  /** Begins to choose, with all from the one that was opened or chosen last.
   * @param {string} id
   */
  startRange(id) {
    const { last } = this;
    this.start(last || id);
    if (last && last !== id) this.toggle(id, true);
  }

  end() {
    this.ids = null;
    this.last = "";
    if (this.page.isBuilt) this.mark();
  }

  all() {
    this.ids = new Set([...this.chosen, ...this.page.album.shownIds]);
    this.mark();
  }

  /** Chooses one or lets it go; a range reaches from the one before to this one.
   * @param {string} id
   * @param {boolean} isRange
   */
  toggle(id, isRange) {
    this.ids ??= new Set();
    const all = this.page.album.shownIds;
    if (isRange && all.includes(this.last)) {
      const [from = 0, to = 0] = [all.indexOf(this.last), all.indexOf(id)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) this.ids.add(one);
    } else if (!this.ids.delete(id)) this.ids.add(id);
    this.mark();
  }

  /** Shows at each tile whether it is chosen, and below how many are. */
  mark() {
    const { ids, page } = this;
    page.grid.classList.toggle("picking", this.isOpen);
    const bar = need(".selection", page.element);
    bar.hidden = !ids;
    if (!ids && !this.isMarked) return;
    this.isMarked = this.isOpen;
    for (const tile of page.album.tiles) {
      const shot = find(".shot", tile);
      if (ids) shot?.setAttribute("aria-pressed", String(ids.has(tile.dataset.entry ?? "")));
      else shot?.removeAttribute("aria-pressed");
    }
    if (!ids) return;
    const count = ids.size;
    need("span", bar).textContent = count === 1 ? page.say("selected_one") : page.say("selected", { count });
    for (const button of findAll("[data-zip], [data-report], [data-delete-picked]", bar))
      button.toggleAttribute("disabled", !count);
  }
}
