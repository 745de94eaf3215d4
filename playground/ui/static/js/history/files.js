// Files out of the history and into it.

import { find } from "../dom.js";
import { toast } from "./toast.js";

/** @typedef {import("./history.js").HistoryPage} HistoryPage */

/** A ZIP of some generations, or a report; of all when no id is given. It is asked for by a form and not by an address: the
 * ids of thousands would be too long for one. What comes back is a download, or, when something went wrong, a
 * page in a frame that nobody sees.
 * @param {string[]} ids
 * @param {(key: "packing" | "failed_call") => void} tell
 * @param {"zip" | "report"} kind
 */
export const requestZip = (ids, tell, kind = "zip") => {
  tell("packing");
  find("#history-zip-frame")?.remove();
  const frame = document.createElement("iframe");
  Object.assign(frame, { id: "history-zip-frame", name: "history-zip", hidden: true });
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: `history/${kind}`, target: frame.name, hidden: true });
  const fields = { ids: ids.join(","), language: document.documentElement.lang };
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(frame, form);
  frame.addEventListener("load", () => {
    if (frame.contentDocument?.body?.textContent) tell("failed_call");
  });
  form.submit();
  form.remove();
};

/** The same, told in the history.
 * @param {HistoryPage} page
 * @param {string[]} ids
 */
export const downloadZip = (page, ids) => requestZip(ids, (key) => toast(page.say(key)));

/** A report of some generations, or of all.
 * @param {HistoryPage} page
 * @param {string[]} ids
 */
export const downloadReport = (page, ids) => {
  const tell = (/** @type {"packing" | "failed_call"} */ key) =>
    toast(page.say(key === "packing" ? "reporting" : key));
  requestZip(ids, tell, "report");
};

/** A copy of a picture that carries its recipe.
 * @param {HistoryPage} page
 * @param {string} picture
 */
export const downloadCopy = (page, picture) => {
  toast(page.say("copying"));
  const link = document.createElement("a");
  Object.assign(link, { href: `history/copy/${picture}`, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
};

/** What came of a ZIP, in words.
 * @param {HistoryPage} page
 * @param {{ added: number, skipped: number, refused: Record<string, number>, incomplete: number,
 *   foreign: string[], foreign_count: number }} imported
 */
const importedWords = (page, imported) => {
  const { skipped, refused, incomplete, foreign, foreign_count } = imported;
  const words = [page.say(skipped ? "imported_skipped" : "imported", imported)];
  if (incomplete) words.push(page.say("incomplete", { count: incomplete }));
  for (const [code, count] of Object.entries(refused)) words.push(page.say(`refused_${code}`, { count }));
  const more = foreign_count - foreign.length;
  const names = foreign.join(", ");
  if (names) words.push(page.say(more ? "foreign_more" : "foreign", { names, more }));
  return words.join(" ");
};

/** Takes in a ZIP that a history wrote.
 * @param {HistoryPage} page
 * @param {File} file
 */
export const importZip = async (page, file) => {
  toast(page.say("importing"));
  try {
    const headers = { "content-type": "application/zip" };
    const answer = await fetch("history/import", { method: "POST", body: file, headers });
    const { detail, facts, ...imported } = await answer.json();
    if (!answer.ok) {
      toast(page.say(`import_${detail}`, facts) || page.say("import_failed"));
      return;
    }
    page.isChanged = true;
    await page.build();
    toast(importedWords(page, imported));
  } catch {
    toast(page.say("import_failed"));
  }
};
