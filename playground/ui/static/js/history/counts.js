// How many pictures there are: on the whole page, and on each day.

import { find, findAll, need } from "../dom.js";

/** @typedef {import("./history.js").HistoryPage} HistoryPage */

const sumOf = (/** @type {HTMLElement[]} */ tiles, /** @type {"count" | "cost"} */ name) =>
  tiles.reduce((sum, tile) => sum + Number(tile.dataset[name]), 0);

/** How many there are, in words; "" for none.
 * @param {HistoryPage} page
 * @param {string} name of the words
 * @param {number | string} count
 */
const say = (page, name, count) => {
  if (!count) return "";
  return count === 1 ? page.say(`${name}_one`) : page.say(name, { count });
};

/** How many pictures are on the page, or how many were found so far.
 * @param {HistoryPage} page
 */
export const countAll = (page) => {
  const { total, query, next } = page.album;
  if (total !== null) return say(page, "found", total);
  const { tiles } = page.album;
  const isNone = query.outcome === "none";
  const count = isNone ? tiles.length : sumOf(tiles, "count");
  return say(page, isNone ? "without" : "found_some", next ? `${count}+` : count);
};

/** Says how many pictures a day has and what they cost, and how many requests brought none.
 * @param {HistoryPage} page
 * @param {HTMLElement} section
 * @param {boolean} isWhole all of the day is there
 */
export const sumDay = (page, section, isWhole) => {
  const tiles = findAll(".tile", section);
  if (!tiles.length) return section.remove();
  const cost = tiles.every((tile) => tile.dataset.cost) ? sumOf(tiles, "cost") : 0;
  const pictures = say(page, "day_sum", sumOf(tiles, "count"));
  const dollars = cost > 0 ? `$${cost.toFixed(cost < 0.1 ? 3 : 2)}` : "";
  need("h3 small", section).textContent = isWhole ? [pictures, dollars].filter(Boolean).join(" · ") : "";
  const fold = find(".failures", section);
  const failures = findAll(".failures .tile", section).length;
  if (fold) need("summary", fold).textContent = say(page, "without", failures);
  if (!failures) fold?.remove();
};
