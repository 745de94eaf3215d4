// Recipes: a picture that carries one offers to fill the form with it. Loaded when the page stands.

import { find, on } from "./dom.js";
import { language } from "./page.js";
import { trays } from "./press.js";

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
  const recognise = async (/** @type {{ path: string }[]} */ items, unknown = "") => {
    newest += 1;
    const mine = newest;
    const question = { language: language(), paths: items.map((item) => item.path), unknown };
    // An offer, and nothing more: without it the picture is there all the same.
    const answer = await server.history_recognise?.(question).catch(() => null);
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
  // The first tab has no tray of its own. A tray that takes the files keeps them from coming here.
  find("#composer")?.addEventListener("drop", async (event) => {
    const file = Array.from(event.dataTransfer?.files ?? []).find((one) => one.type.startsWith("image/"));
    if (!file || [...trays].some((one) => one.isShown())) return;
    event.preventDefault();
    recognise([await upload(file)], file.name);
  });
};
