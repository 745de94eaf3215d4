// The history page: it comes and goes, and asks the server, which writes the HTML. Loaded when it is first opened.

import { fill, find, isNarrow, loadStyle, need } from "../dom.js";
import { language } from "../page.js";
import { Album } from "./album.js";
import { Detail } from "./detail.js";
import { listenTo } from "./events.js";
import { Selection } from "./selection.js";
import { resize } from "./sizes.js";
import { toast } from "./toast.js";

/** @typedef {import("../dom.js").Piece} Piece */

export class HistoryPage {
  /** @param {Piece} piece */
  constructor({ element, trigger, server }) {
    this.element = element;
    this.trigger = trigger;
    this.server = server;
    this.album = new Album(this);
    this.detail = new Detail(this);
    this.selection = new Selection(this);
    /** What the script says, by name. @type {Record<string, string>} */
    this.words = {};
    this.language = "";
    /** Something was deleted, brought back or imported: the strip below a result has to hear of it. */
    this.isChanged = false;
  }

  get isBuilt() {
    return find(".albumpage", this.element) !== null;
  }

  get isOpen() {
    return document.body.dataset.page === "history";
  }

  get grid() {
    return need(".grid-view", this.element);
  }

  /** A text in the language of the page.
   * @param {string} name
   * @param {Record<string, unknown>} [facts]
   */
  say(name, facts = {}) {
    return fill(this.words[name] ?? "", facts);
  }

  /** The server's answer to one of its named questions; null, and a word about it, when there is none.
   * @param {string} name
   * @param {object} [facts]
   */
  async ask(name, facts = {}) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    try {
      const answer = await this.server[name]?.({ language: language(), zone, ...facts });
      if (!answer) throw new Error(name); // Gradio swallows what a lost line throws
      if (answer.failed) toast(answer.failed);
      return answer.failed ? null : answer;
    } catch {
      toast(this.say("failed_call"));
      return null;
    }
  }

  /** Builds the page anew, in the language of the rest, and lists what was looked for. */
  async build() {
    const answer = await this.ask("history_frame");
    if (!answer) return;
    this.element.innerHTML = answer.html ?? "";
    this.words = JSON.parse(need(".albumpage", this.element).dataset.said ?? "{}");
    this.language = language();
    const search = need("[data-search]", this.element);
    if (search instanceof HTMLInputElement) search.value = this.album.query.text ?? "";
    this.album.showQuery();
    resize(this.element, 0);
    this.album.watchEnd();
    this.selection.ids = null;
    await this.album.list();
  }

  /* ── coming and going: the browser's own Back works too ── */

  open() {
    if (this.isOpen) return;
    const isHere = ["history", "entry"].includes(history.state?.playground); // since before a reload
    history[isHere ? "replaceState" : "pushState"]({ playground: "history" }, "");
    this.#show();
  }

  async #show() {
    document.body.dataset.page = "history";
    if (!this.isBuilt || this.language !== language()) await this.build();
    else await this.album.list();
    if (isNarrow()) find("#result")?.scrollIntoView();
    else window.scrollTo(0, 0);
    find(".albumbar h2", this.element)?.focus({ preventScroll: true });
  }

  close() {
    if (!this.isOpen) return;
    const { activeElement } = document;
    const hadFocus = activeElement === document.body || this.element.contains(activeElement);
    this.detail.leave({ focus: false });
    this.selection.end();
    delete document.body.dataset.page;
    if (this.isChanged) this.trigger("changed", {});
    this.isChanged = false;
    if (hadFocus) find("#strip [data-do=album]")?.focus({ preventScroll: true });
  }

  back() {
    if (history.state?.playground) history.back();
    else if (this.detail.id) this.detail.leave({ focus: true });
    else this.close();
  }

  /** Makes room for the result of a new run. */
  giveWay() {
    if (!this.isOpen) return;
    if (history.state?.playground) history.replaceState(null, "");
    this.close();
  }

  /** Follows the browser's Back and Forward.
   * @param {PopStateEvent} event
   */
  onPopState({ state }) {
    const isViewed = state?.playground === "viewer"; // that one stands above whatever is here
    if (isViewed || (state?.playground === "entry" && this.detail.id === state.id)) return;
    if (state?.playground === "history" && this.isOpen) this.detail.leave({ focus: true });
    else if (state?.playground === "entry" && this.isOpen) this.detail.show(state.id);
    else this.close();
  }

  /** The page speaks the language that the rest speaks. */
  onLanguage() {
    if (!this.isOpen || !this.isBuilt || this.language === language()) return;
    this.detail.id = "";
    this.build();
  }
}

/** Puts the history on the page, opens it, and returns what opens it again.
 * @param {Piece} piece
 */
export const mount = async (piece) => {
  await loadStyle("history.css");
  const page = new HistoryPage(piece);
  listenTo(page, piece);
  page.open();
  return () => page.open();
};
