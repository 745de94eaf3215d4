// Says so where a proxy shows the app under another path than the app was told, with what to set.

import { fill, find, need } from "./dom.js";

/** Shows the notice in a language, in place of an earlier one.
 * @param {string} code
 */
export const tell = (code) => {
  const template = /** @type {HTMLTemplateElement} */ (need(`template[data-misplaced=${code}]`));
  const notice = need("p", /** @type {HTMLElement} */ (template.content.cloneNode(true)));
  const path = new URL(document.baseURI).pathname.replace(/(?<=.)\/$/, "");
  notice.textContent = fill(notice.textContent ?? "", { path });
  find(".misplaced")?.remove();
  document.body.prepend(notice);
};
