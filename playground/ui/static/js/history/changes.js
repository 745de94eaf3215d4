// What is changed in the history: stars, deleting, and taking that back.

import { find } from "../dom.js";
import { toast } from "./toast.js";

/** @typedef {import("./history.js").HistoryPage} HistoryPage */

const mark = (/** @type {Element | null} */ button, /** @type {boolean} */ isOn) =>
  button?.setAttribute("aria-pressed", String(isOn));

/** Marks a generation with a star, or takes the star away.
 * @param {HistoryPage} page
 * @param {HTMLElement} button the star of a tile, or of the generation that is shown
 */
export const star = async (page, button) => {
  const { album, detail } = page;
  const tile = button.closest(".tile");
  const id = detail.id || (tile instanceof HTMLElement && tile.dataset.entry) || "";
  const on = button.getAttribute("aria-pressed") !== "true";
  mark(button, on);
  const answer = await page.ask("history_star", { id, on });
  if (!answer?.done) return mark(button, !on);
  mark(find("[data-star]", album.tileOf(id) ?? page.element), on);
  toast(page.say(on ? "starred" : "unstarred"));
};

/** Shows a star that was given or taken elsewhere.
 * @param {HistoryPage} page
 * @param {{ id: string, on: boolean }} starred
 */
export const starredElsewhere = ({ album, detail }, { id, on }) => {
  if (detail.id === id) mark(find("[data-star]", detail.place), on);
  mark(find("[data-star]", album.tileOf(id) ?? document.createElement("p")), on);
};

/** Deletes generations, and offers to bring them back.
 * @param {HistoryPage} page
 * @param {string[]} ids
 */
export const remove = async (page, ids) => {
  const answer = ids.length ? await page.ask("history_delete", { ids }) : null;
  if (!answer) return;
  const { album, detail, selection } = page;
  page.isChanged = true;
  const neighbour = album.drop(ids);
  detail.discard();
  if (album.total !== null) album.total = answer.total ?? null;
  selection.end();
  album.settle();
  const count = ids.length;
  toast(count === 1 ? page.say("deleted_one") : page.say("deleted", { count }), {
    label: page.say("undo"),
    undo: () => restore(page, ids),
    leave: () => album.focus(neighbour),
  });
};

/** @param {HistoryPage} page @param {string[]} ids */
const restore = async (page, ids) => {
  if (!(await page.ask("history_restore", { ids }))) return;
  await page.album.list();
  toast(page.say("restored"));
  if (page.isOpen) page.album.focus(ids[0] ?? "", {});
  else page.trigger("changed", {});
};

/** Deletes everything.
 * @param {HistoryPage} page
 */
export const removeAll = async (page) => {
  if (!(await page.ask("history_clear"))) return;
  page.isChanged = true;
  page.album.clear();
  await page.build();
  toast(page.say("all_deleted"));
};
