// Recipes: a picture that carries one offers to fill the form with it. Loaded with the first picture.

import { find, on } from "./dom.js";
import { actions, language } from "./page.js";
import { uploadOnce } from "./tray_files.js";

/** @typedef {import("./dom.js").Piece} Piece */

/** A picture that was made here offers its recipe, whichever tab it is dropped on. Returns what is to be told of
 * pictures that were added, or that are offered where there is no tray.
 * @param {Piece} piece
 */
export const offerRecipes = (piece) => {
  const { element, server, upload } = piece;
  actions(piece);
  let newest = 0;
  const clear = () => {
    element.innerHTML = "";
  };
  const recognise = async (/** @type {{ path?: string }[]} */ items) => {
    newest += 1;
    const mine = newest;
    const paths = items.map((item) => item.path).filter(Boolean);
    // An offer, and nothing more: without it the picture is there all the same.
    const answer = await server.history_recognise?.({ language: language(), paths }).catch(() => null);
    if (answer && mine === newest) element.innerHTML = answer.html ?? "";
  };
  on(element, "click", "[data-do]", () => {
    clear();
    find("#prompt textarea")?.focus({ preventScroll: true });
  });
  on(document, "click", "#go, #tabs [role=tab]", clear);
  return async (/** @type {Event} */ event) => {
    if (!(event instanceof CustomEvent) || !event.detail.length) return;
    if (event.type === "playground:added") return recognise(event.detail);
    /** @type {File[]} */
    const files = event.detail; // the first tab has no tray of its own
    recognise(await Promise.all(files.map((file) => uploadOnce(file, upload))));
  };
};
