// The album: tiles of past generations by day, one page of them after another, and what is looked for.

import { find, findAll, need } from "../dom.js";
import { countAll, sumDay } from "./counts.js";

/** @typedef {import("./history.js").HistoryPage} HistoryPage */

const blank = () => ({
  ...{ text: "", mode: "", model: "", provider: "", starred: "", outcome: "", since: "", until: "" },
  ...{ sort: "" },
});

export class Album {
  /** @param {HistoryPage} page */
  constructor(page) {
    this.page = page;
    /** What is looked for, by field. @type {Record<string, string>} */
    this.query = blank();
    /** Where the next page of tiles begins; null at the end. @type {unknown} */
    this.next = null;
    /** How many there are in all; told only where nothing is looked for. @type {number | null} */
    this.total = null;
    /** Number of the newest listing; answers to older ones are let go. */
    this.listing = 0;
    this.isLoading = false;
    /** @type {IntersectionObserver | null} */
    this.end = null;
  }

  get place() {
    return need(".album", this.page.element);
  }

  get tiles() {
    return findAll(".album .tile", this.page.element);
  }

  /** The sections of the days, in the order of the page. */
  get days() {
    return /** @type {HTMLElement[]} */ (Array.from(this.place.children)).filter((one) => one.dataset.day);
  }

  get ids() {
    return this.tiles.map((tile) => tile.dataset.entry ?? "");
  }

  /** Those that can be seen: what is folded away is not chosen with others. */
  get shownIds() {
    const shown = this.tiles.filter((tile) => !tile.closest("details:not([open])"));
    return shown.map((tile) => tile.dataset.entry ?? "");
  }

  /** @param {string} id */
  tileOf(id) {
    return this.tiles.find((tile) => tile.dataset.entry === id);
  }

  /** Focuses the tile of a generation, or the first one.
   * @param {string} id
   * @param {FocusOptions} [options]
   */
  focus(id, options = { preventScroll: true }) {
    const tile = find("[data-open]", this.tileOf(id) ?? this.page.element);
    (tile ?? find(".albumbar h2", this.page.element))?.focus(options);
  }

  /** Takes tiles off the page; returns the id of the one that stands in the place of the first.
   * @param {string[]} ids
   */
  drop(ids) {
    const { tiles } = this;
    const isGone = (/** @type {HTMLElement} */ tile) => ids.includes(tile.dataset.entry ?? "");
    const first = tiles.findIndex(isGone);
    const neighbour = tiles.slice(first).find((tile) => !isGone(tile)) ?? tiles[first - 1];
    for (const tile of tiles.filter(isGone)) tile.remove();
    return neighbour?.dataset.entry ?? "";
  }

  /** Looks for something else.
   * @param {Record<string, string>} changes
   */
  search(changes) {
    Object.assign(this.query, changes);
    this.showQuery();
    return this.list();
  }

  clearFilters() {
    const { text = "", starred = "", outcome = "", sort = "" } = this.query;
    return this.search({ ...blank(), text, starred, outcome, sort });
  }

  clear() {
    this.query = blank();
  }

  /** Shows all of them, those with a star, or those that brought no picture.
   * @param {string} which
   */
  show(which) {
    return this.search({ starred: which === "starred" ? "1" : "", outcome: which === "none" ? "none" : "" });
  }

  /** Puts what is looked for into the fields. */
  showQuery() {
    const { element } = this.page;
    /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */
    const fields = element.querySelectorAll("[data-filter]");
    for (const field of fields) field.value = this.query[field.dataset.filter ?? ""] ?? "";
    const which = this.query.outcome || (this.query.starred && "starred");
    for (const button of findAll("[data-which]", element))
      button.setAttribute("aria-pressed", String(button.dataset.which === which));
  }

  /** Loads more as soon as the end of the tiles comes near. */
  watchEnd() {
    this.end?.disconnect();
    this.end = new IntersectionObserver(
      (seen) => {
        if (seen.some((one) => one.isIntersecting)) this.more();
      },
      { rootMargin: "900px" },
    );
    this.end.observe(need(".ending", this.page.element));
  }

  /** One page of tiles; null when it failed or a newer listing has begun.
   * @param {unknown} after
   */
  async #load(after) {
    const { listing } = this;
    this.isLoading = true;
    const answer = await this.page.ask("history_page", { query: this.query, after });
    if (listing !== this.listing) return null;
    this.isLoading = false;
    if (answer) this.next = answer.next;
    return answer;
  }

  /** Lists from the beginning. */
  async list() {
    this.listing += 1;
    const answer = await this.#load(null);
    if (!answer) return;
    const { page } = this;
    this.place.innerHTML = answer.html || '<p class="nothing"></p>';
    const nothing = find(".nothing", this.place);
    const isSearch = Object.entries(this.query).some(([name, value]) => name !== "sort" && value);
    if (nothing) nothing.textContent = page.say(isSearch ? "nothing_found" : "empty");
    this.total = answer.total ?? null;
    this.settle();
    const said = nothing ?? need(".albumbar h2 small", page.element);
    need(".told", page.element).textContent = said.textContent;
  }

  async more() {
    if (!this.next || this.isLoading) return;
    const answer = await this.#load(this.next);
    if (!answer) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = answer.html ?? "";
    this.#joinDay(fresh);
    const known = this.days.length;
    this.place.append(...fresh.children);
    this.settle(known - 1);
  }

  /** The first of the new days may be the last one that is there already. */
  #joinDay(/** @type {HTMLElement} */ fresh) {
    const last = this.days.at(-1);
    const first = find("section[data-day]", fresh);
    if (!last || !first || last.dataset.day !== first.dataset.day) return;
    need(".rows", last).append(...need(".rows", first).children);
    const [failures, more] = [find(".failures", last), find(".failures", first)];
    if (failures && more) need("ul", failures).append(...need("ul", more).children);
    else if (more) last.append(more);
    first.remove();
  }

  /** What follows from the tiles that are there now: sums of whole days, the count, the marks of a choice. */
  settle(from = 0) {
    const { element } = this.page;
    const { days } = this;
    for (const [index, section] of days.entries())
      if (index >= from) sumDay(this.page, section, !this.next || index < days.length - 1);
    need(".albumbar h2 small", element).textContent = countAll(this.page);
    const button = need("[data-more]", element);
    button.hidden = !this.next;
    this.page.selection.mark();
    if (this.next) this.watchEnd(); // which is told anew whether it is near
  }
}
