// Stars: a press gives one to a picture or to a whole generation, or takes it off, wherever the button stands.

import { findAll, on } from "./dom.js";
import { language } from "./page.js";

const mark = (/** @type {HTMLElement} */ button, /** @type {boolean} */ isOn) =>
  button.setAttribute("aria-pressed", String(isOn));

/** Shows at every star of a generation on the page whether it is given.
 * @param {{ id: string, starred: boolean, stars: string[] }} answer
 */
const markAll = ({ id, starred, stars }) => {
  for (const button of findAll("button[data-star]")) {
    const [generation, name] = (button.dataset.star ?? "").split("/");
    if (generation === id) mark(button, name ? stars.includes(name) : starred);
  }
};

/** From now on stars can be given, by a piece of the page that may ask the server.
 * @param {import("./dom.js").Piece} piece
 */
export const listenForStars = ({ server }) =>
  on(document, "click", "button[data-star]", async (button) => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    mark(button, isOn);
    const question = { language: language(), star: button.dataset.star, on: isOn };
    const answer = /** @type {any} */ (await server.viewer_star?.(question).catch(() => null));
    if (answer?.id) markAll(answer);
    else mark(button, !isOn);
    const detail = { on: answer?.id ? isOn : null, failed: answer?.failed ?? "" };
    document.dispatchEvent(new CustomEvent("playground:starred", { detail }));
  });
