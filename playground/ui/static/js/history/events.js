// What presses, keys and fields of the history page mean.

import { around, find, findAll, isDisabled, isNarrow, need, on } from "../dom.js";
import { actions } from "../page.js";
import { onStar, remove, removeAll, restore } from "./changes.js";
import { downloadCopy, downloadReport, downloadZip, importZip } from "./files.js";
import { resize } from "./sizes.js";
import { toast } from "./toast.js";

/** @typedef {import("./history.js").HistoryPage} HistoryPage */

const SEARCH_PAUSE = 250; // milliseconds without a key after which a search begins

/** What a press does, by the attribute of the button: the first that fits.
 * @type {Record<string, (page: HistoryPage, button: HTMLElement) => void>}
 */
const PRESSES = {
  "[data-back]": (page) => page.back(),
  "[data-more]": (page) => page.album.more(),
  "[data-walk]": (page, button) => page.detail.walk(Number(button.dataset.walk)),
  "[data-delete]": (page) => remove(page, [page.detail.id]),
  "[data-with-recipe]": (page) => downloadCopy(page, page.detail.picture),
  "[data-zip-one]": (page) => downloadZip(page, [page.detail.id]),
  "[data-kin]": (page, button) => page.detail.open(button.dataset.kin ?? ""),
  "[data-do=open]": (page, button) => page.detail.open(button.dataset.job ?? ""),
  "[data-filters]": (page, button) => toggleFilters(page, button),
  "[data-clear-filters]": (page) => page.album.clearFilters(),
  "[data-last-days]": (page, button) => showLastDays(page, Number(button.dataset.lastDays)),
  "[data-which]": (page, button) => page.album.show(button.dataset.which ?? ""),
  "[data-resize]": (page, button) => resize(page.element, Number(button.dataset.resize)),
  "[data-select]": (page) => page.selection.start(),
  "[data-select-end]": (page) => page.selection.end(),
  "[data-pick-all]": (page) => page.selection.all(),
  "[data-report-one]": (page) => downloadReport(page, [page.detail.id]),
  "[data-report]": (page) => downloadReport(page, page.selection.chosen),
  "[data-report-all]": (page) => downloadReport(page, []),
  "[data-zip]": (page) => downloadZip(page, page.selection.chosen),
  "[data-zip-all]": (page) => downloadZip(page, []),
  "[data-delete-picked]": (page) => remove(page, page.selection.chosen),
  "[data-import]": (page) => need("[data-import-file]", page.element).click(),
  "[data-restore]": (page) => restore(page),
  "[data-clear]": (page) => confirmation(page).showModal(),
  "[data-keep]": (page) => confirmation(page).close(),
  "[data-delete-all]": (page) => {
    confirmation(page).close();
    removeAll(page);
  },
};

const confirmation = (/** @type {HistoryPage} */ page) =>
  /** @type {HTMLDialogElement} */ (need("dialog", page.element));

/** Today and so many days before it, by the clock of the person.
 * @param {HistoryPage} page
 * @param {number} days
 */
const showLastDays = (page, days) => {
  const since = need("[data-filter=since]", page.element);
  if (!(since instanceof HTMLInputElement)) return;
  const first = new Date();
  first.setDate(first.getDate() - days + 1);
  since.value = new Date(first.getTime() - first.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  since.dispatchEvent(new Event("change", { bubbles: true }));
};

const toggleFilters = (/** @type {HistoryPage} */ page, /** @type {HTMLElement} */ button) => {
  const filters = need(".filters", page.element);
  filters.hidden = !filters.hidden;
  button.setAttribute("aria-expanded", String(!filters.hidden));
};

/** Closes the menu, and says whether it was open.
 * @param {HistoryPage} page
 */
const closeMenu = (page) => {
  const menu = find(".menu[open]", page.element);
  menu?.removeAttribute("open");
  return menu !== null;
};

/** A press on a tile opens it, or chooses it.
 * @param {HistoryPage} page
 * @param {HTMLElement} tile
 * @param {MouseEvent} event
 */
const pressTile = (page, tile, event) => {
  const id = tile.dataset.entry ?? "";
  if (page.selection.isOpen) page.selection.toggle(id, event.shiftKey);
  else if (event.shiftKey) page.selection.startRange(id);
  else if (event.ctrlKey || event.metaKey) page.selection.start(id);
  else if (around(event, "[data-open]")) page.detail.open(id);
  else return page.selection.note(id); // the viewer opens the picture
  page.selection.note(id);
  event.preventDefault();
};

/** @param {HistoryPage} page @param {string[]} events @param {MouseEvent} event */
const onClick = (page, events, event) => {
  if (!around(event, "summary, [data-copy-text]")) closeMenu(page); // that one says on itself what it did
  const tile = around(event, "[data-open], .shot")?.closest(".tile");
  if (tile instanceof HTMLElement) return pressTile(page, tile, event);
  const selector = Object.keys(PRESSES).find((one) => around(event, one)) ?? "";
  const button = selector ? around(event, selector) : null;
  if (button) PRESSES[selector]?.(page, button);
  const action = around(event, "[data-do]")?.dataset;
  if (!action?.do || !events.includes(action.do)) return;
  if ("startsJob" in action) return page.giveWay();
  toast(page.say("form_filled"));
  if (isNarrow()) window.scrollTo({ top: 0 });
};

/** Leaves the innermost of what is open, at last the history. What stands in a field is the field's to clear.
 * @param {HistoryPage} page @param {KeyboardEvent} event
 */
const onEscape = (page, event) => {
  const field = around(event, "input, select");
  if (find("dialog[open]") || (field && textOf(field))) return;
  if (closeMenu(page)) find("summary", page.element)?.focus();
  else if (page.selection.isOpen) page.selection.end();
  else page.back();
};

/** @param {HistoryPage} page @param {KeyboardEvent} event */
const onKey = (page, event) => {
  if (event.key === "Escape") onEscape(page, event);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const isElsewhere = around(event, "input, select, textarea, pre, [data-show]");
  const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey;
  if (page.detail.id && !isElsewhere && isPlain) page.detail.walk(step);
  const kind = [".shot", "[data-open]"].find((one) => around(event, one));
  const focused = kind ? around(event, kind) : null;
  if (!kind || !focused) return;
  const all = findAll(`.album ${kind}`, page.element);
  all[all.indexOf(focused) + step]?.focus();
  event.preventDefault();
};

/** @param {HistoryPage} page */
const listenToFields = (page) => {
  const { element, album } = page;
  let pause = 0;
  on(element, "input", "[data-search]", (field, event) => {
    if (event instanceof InputEvent && event.isComposing) return;
    clearTimeout(pause);
    const search = () => album.search({ text: textOf(field) });
    pause = window.setTimeout(search, SEARCH_PAUSE);
  });
  on(element, "compositionend", "[data-search]", (field) => {
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  on(element, "change", "[data-filter]", (field) => {
    album.search({ [field.dataset.filter ?? ""]: textOf(field) });
  });
  on(element, "change", "[data-import-file]", (field) => {
    if (!(field instanceof HTMLInputElement)) return;
    const file = field.files?.[0];
    if (file) importZip(page, file);
    field.value = "";
  });
};

const textOf = (/** @type {HTMLElement} */ field) =>
  field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value : "";

/** Listens to everything that happens on the history page, and to what ends it.
 * @param {HistoryPage} page
 * @param {import("../dom.js").Piece} piece
 */
export const listenTo = (page, piece) => {
  const { element, events } = piece;
  element.addEventListener("click", (event) => onClick(page, events, event));
  element.addEventListener("keydown", (event) => onKey(page, event));
  document.addEventListener("keydown", (event) => {
    // After a press on bare ground nothing has the focus.
    if (event.key === "Escape" && page.isOpen && event.target === document.body) onEscape(page, event);
  });
  actions(piece);
  listenToFields(page);
  window.addEventListener("popstate", (event) => page.onPopState(event));
  document.addEventListener("playground:more", () => page.album.more());
  document.addEventListener("playground:starred", (event) => {
    const isViewed = find("dialog[open]") !== null;
    if (event instanceof CustomEvent && page.isOpen && !isViewed) onStar(page, event.detail);
  });
  document.addEventListener("click", (event) => {
    if (around(event, "#go") && !isDisabled(find("#go"))) page.giveWay();
    if (!around(event, ".menu")) closeMenu(page);
  });
  const language = new MutationObserver(() => page.onLanguage());
  language.observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
};
