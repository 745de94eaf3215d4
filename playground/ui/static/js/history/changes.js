// What is changed in the history: deleting, and taking that back.

import { toast } from "./toast.js";

/** @typedef {import("./history.js").HistoryPage} HistoryPage */

/** Says that a star was given or taken off, or why it was not.
 * @param {HistoryPage} page
 * @param {{ on: boolean | null, failed: string }} starred
 */
export const onStar = (page, { on, failed }) => {
  if (on === null) toast(failed || page.say("failed_call"));
  else toast(page.say(on ? "starred" : "unstarred"));
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

/** Brings back what was deleted.
 * @param {HistoryPage} page
 * @param {string[]} [ids] none for what was deleted last
 */
export const restore = async (page, ids = []) => {
  const answer = await page.ask("history_restore", { ids });
  if (!answer) return;
  const [first] = /** @type {{ restored?: string[] }} */ (answer).restored ?? [];
  if (!first) return toast(page.say("nothing_deleted"));
  page.isChanged = true;
  await page.album.list();
  toast(page.say("restored"));
  if (page.isOpen) page.album.focus(first, {});
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
