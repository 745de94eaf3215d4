// Recipes: a picture that carries one offers to fill the form with it. Loaded when the page stands.

import { find, on } from "./dom.js";
import { language } from "./page.js";
import { uploadOnce } from "./tray_files.js";

/** @typedef {import("./dom.js").Piece} Piece */

/** A picture that was made here offers its recipe, whichever tab it is dropped on.
 * @param {Piece} piece
 */
export const offerRecipes = (piece) => {
  const { element, server, upload } = piece;
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
  document.addEventListener("playground:added", (event) => {
    if (event instanceof CustomEvent && event.detail.length) recognise(event.detail);
  });
  on(element, "click", "[data-do]", () => {
    clear();
    find("#prompt textarea")?.focus({ preventScroll: true });
  });
  on(document, "click", "#go, #tabs [role=tab]", clear);
  // The first tab has no tray of its own.
  document.addEventListener("playground:offered", async (event) => {
    if (!(event instanceof CustomEvent)) return;
    /** @type {File[]} */
    const files = event.detail;
    recognise(await Promise.all(files.map((file) => uploadOnce(file, upload))));
  });
};
