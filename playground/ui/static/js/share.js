// A request as a link and as code, over the page. Loaded when it is first opened.

import { escapeHtml, find, findAll, loadStyle, on } from "./dom.js";
import { formNow } from "./kept_form.js";
import { language } from "./page.js";
import "./result.js"; // copies

/** @typedef {import("./dom.js").Piece} Piece */

const styled = loadStyle("share.css");

const dialog = Object.assign(document.createElement("dialog"), { id: "code", className: "code" });
dialog.setAttribute("aria-labelledby", "share-title");
document.body.append(dialog);

/** @param {string} name */
const show = (name) => {
  for (const part of findAll("[data-language]", dialog)) part.hidden = part.dataset.language !== name;
};

/** @type {string} */
let chosen = "";

const choose = (/** @type {HTMLElement} */ input) => {
  if (!(input instanceof HTMLInputElement)) return;
  chosen = input.value;
  show(chosen);
};

on(dialog, "change", "[name=share-language]", choose);
on(dialog, "click", "[data-close]", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it

/** Shows the form as code, or a generation of before.
 * @param {Piece} piece
 * @param {string} generation its id, or "" for the form
 */
export const open = async ({ server }, generation) => {
  await styled;
  const here = document.baseURI;
  const question = { form: formNow(), id: generation, language: language(), here };
  const answer = await server.share_request?.(question);
  if (!answer) return;
  dialog.innerHTML = answer.html ?? `<p class="note">${escapeHtml(answer.failed)}</p>`;
  const input = find(`[name=share-language][value="${chosen}"]`, dialog);
  if (input instanceof HTMLInputElement) {
    input.checked = true;
    show(chosen);
  }
  if (!dialog.open) dialog.showModal();
};
