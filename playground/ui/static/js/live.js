// What changes on the page by itself: where to look for it, and telling screen readers of it.

import { findAll } from "./dom.js";

/** Where the page changes by itself: everything but the history's list, which may have thousands of tiles. */
const LIVE = ["connect", "composer", "running-notice", "stage"];

/** Every element of a selector in the parts of the page that change by themselves.
 * @param {string} selector
 */
export const findLive = (selector) => {
  const places = [
    ...LIVE.map((id) => document.getElementById(id)),
    ...document.getElementsByClassName("detail-view"),
  ];
  return places.flatMap((place) => (place ? findAll(selector, place) : []));
};

/** Whether a change is one of the history's tiles: there may be thousands, and nothing else hangs on them.
 * @param {MutationRecord} change
 */
const isAmongTiles = ({ target }) =>
  target instanceof Element && target.closest("#history, .detail-view")?.id === "history";

/** Calls a function after each change of the page.
 * @param {() => void} react
 */
export const watchPage = (react) =>
  new MutationObserver((changes) => changes.every(isAmongTiles) || react()).observe(document.body, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["name", "class", "hidden"],
  });

// One permanent place for screen readers: parts of the page come and go, and what a new part says at its
// birth is often missed.
const status = document.createElement("div");
status.id = "live";
status.className = "unseen";
status.setAttribute("role", "status");

/** Has screen readers read a text out.
 * @param {string} text
 */
export const announce = (text) => {
  if (status.textContent !== text) status.textContent = text;
};

/** @type {string[] | null} */
let read = null;

/** Has every visible [data-say] read out that is new since the last call. */
export const announceNews = () => {
  if (!status.isConnected) document.body.append(status);
  const shown = findLive("[data-say]").filter((part) => part.offsetParent);
  const now = shown.map((part) => part.dataset.say || part.textContent.trim());
  const before = read;
  const news = before === null ? [] : now.filter((text) => text && !before.includes(text));
  read = now;
  if (news.length) announce(news.join(" "));
};
