// What was said once and stays on the page (a notice, a card) follows the language in which the page is read.

import { findAll } from "./dom.js";

/** Says every such piece in another language.
 * @param {string} code
 */
export const sayIn = (code) => {
  for (const piece of findAll("[data-languages]")) {
    const said = JSON.parse(piece.dataset.languages ?? "{}")[code];
    if (said) piece.innerHTML = said;
  }
};
