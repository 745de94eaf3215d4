// One calm line at the bottom of the page, with or without Undo.

import { find, need } from "../dom.js";

const SECONDS = 5;
const UNDO_SECONDS = 12;
const LETTERS_A_SECOND = 12;

/** @type {HTMLElement | null} */
let bar = null;
let timer = 0;
/** @type {(() => void) | null} */
let giveFocusBack = null;

const hide = () => {
  clearTimeout(timer);
  if (!bar || bar.hidden) return;
  const hadFocus = bar.contains(document.activeElement);
  bar.hidden = true;
  if (hadFocus) giveFocusBack?.();
};

const hideAfter = (/** @type {number} */ seconds) => {
  clearTimeout(timer);
  timer = window.setTimeout(hide, seconds * 1000);
};

const makeBar = () => {
  const made = document.createElement("div");
  made.className = "toast";
  made.innerHTML = '<span role="status"></span><button type="button"></button>';
  made.addEventListener("pointerenter", () => clearTimeout(timer));
  made.addEventListener("pointerleave", () => hideAfter(UNDO_SECONDS));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    hide();
  });
  (find(".gradio-container") ?? document.body).append(made);
  return made;
};

/** Shows a line for some seconds.
 * @param {string} text
 * @param {{ label: string, undo: () => void, leave: () => void }} [offer] the button that takes something back,
 *   and what gets the focus when the line goes away while it has it
 */
export const toast = (text, offer) => {
  if (!bar?.isConnected) bar = makeBar();
  bar.hidden = false;
  need("span", bar).textContent = text;
  giveFocusBack = offer?.leave ?? null;
  const button = need("button", bar);
  button.hidden = !offer;
  if (offer) {
    button.textContent = offer.label;
    button.onclick = () => {
      giveFocusBack = null;
      hide();
      offer.undo();
    };
    button.focus({ preventScroll: true });
  }
  hideAfter(offer ? UNDO_SECONDS : Math.max(SECONDS, text.length / LETTERS_A_SECOND));
};
