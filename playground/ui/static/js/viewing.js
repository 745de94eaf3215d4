// A press on a picture opens the viewer over the page, and letters press the buttons under a result. The viewer
// itself is loaded as soon as there is a picture to press on.

import { around, find, findAll, on } from "./dom.js";
import { listenForStars } from "./stars.js";

/** @typedef {import("./dom.js").Piece} Piece */
/** @typedef {import("./viewer/viewer.js").Viewer} Viewer */

/** @type {Piece | null} */
let piece = null;
/** @type {Promise<(() => Viewer) | null> | null} */
let loading = null;

const load = async (/** @type {Piece} */ given) => {
  try {
    return await (await import("./viewer/mount.js")).mount(given);
  } catch {
    loading = null; // the next press tries again; until then a picture is a link to its original
    return null;
  }
};

/** Loads the viewer, once. */
export const prepareViewer = () => {
  if (piece) loading ??= load(piece);
  return loading;
};

const isPlain = (/** @type {Event} */ event) =>
  !(event instanceof MouseEvent || event instanceof KeyboardEvent) ||
  !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);

/** @param {HTMLElement} picture @param {boolean} compares */
const open = async (picture, compares) => {
  const image = picture instanceof HTMLImageElement ? picture : find("img", picture);
  const current = await prepareViewer();
  if (current) current().open(picture.dataset.view ?? "", image, compares);
  else if (picture instanceof HTMLAnchorElement) window.open(picture.href);
};

/** Opens the picture that the page's address names. */
const openAddressed = async () => {
  const picture = new URLSearchParams(location.search).get("view");
  const current = picture ? await prepareViewer() : null;
  if (picture && current && !current().isOpen) current().open(picture, null, false);
};

/** Presses the visible button that has the letter of a key; says whether there was one.
 * @param {KeyboardEvent} event
 * @param {ParentNode} place
 */
export const pressShortcut = (event, place) => {
  const letter = event.key.toUpperCase();
  if (!/^[A-Z]$/.test(letter) || !isPlain(event) || event.isComposing || event.repeat) return false;
  if (around(event, "input, textarea, select")) return false;
  const button = findAll(`[aria-keyshortcuts="${letter}"]`, place).find((one) => one.checkVisibility());
  button?.click();
  return button !== undefined;
};

/** From now on pictures open in the viewer, whose piece of the page this is.
 * @param {Piece} given
 */
export const listenForPictures = (given) => {
  piece = given;
  listenForStars(given);
  on(document, "click", "[data-view]", (picture, event) => {
    if (event.defaultPrevented || !isPlain(event) || picture.closest(".picking")) return;
    event.preventDefault();
    open(picture, false);
  });
  on(document, "click", "[data-result] [data-compare]", (button) => {
    const result = button.closest("[data-result]") ?? document;
    const picture = find(".photo.chosen [data-view]", result);
    if (picture) open(picture, true);
  });
  document.addEventListener("keydown", (event) => {
    const place = around(event, "[data-past]") ?? around(event, "[data-result]");
    if (!place || event.defaultPrevented) return;
    // What stands nearest to the focus: the picture, then what is below the chosen one.
    const nearest = [around(event, ".photo"), find("[data-index]:not([hidden])", place), place];
    nearest.some((one) => one && pressShortcut(event, one));
  });
  on(document, "pointerover", "[data-view]", prepareViewer);
  prepareViewer();
  openAddressed();
};
