// How large the pictures of the album are: remembered for this browser.

import { findAll, memory, need } from "../dom.js";

const SIZES = ["small", "medium", "large"];
const USUAL = 1;

/** Makes the pictures larger or smaller, here and from now on.
 * @param {HTMLElement} element of the history page
 * @param {number} step 1, -1, or 0 for the size that was chosen before
 */
export const resize = (element, step) => {
  const before = SIZES.indexOf(memory.get("tiles") ?? "");
  const size = Math.min(Math.max((before < 0 ? USUAL : before) + step, 0), SIZES.length - 1);
  if (step) memory.set("tiles", SIZES[size] ?? "");
  need(".albumpage", element).dataset.size = SIZES[size];
  for (const button of findAll("[data-resize]", element)) {
    const end = Number(button.dataset.resize) < 0 ? 0 : SIZES.length - 1;
    button.toggleAttribute("disabled", size === end);
  }
};
