// A picture in a larger one of another shape, whose new space is for the model to fill: where it lies, and how that
// looks beforehand.

import { escapeHtml, find } from "./dom.js";

/** @typedef {import("./tray.js").Tray} Tray */

const SAME = 0.02; // by how much two shapes may differ and still be the same, as `images.extended` has it
const PLACES = { wide: ["center", "left", "right"], tall: ["center", "top", "bottom"] };

/** Width over height of the shape that is chosen; 0 while that is left to the model. */
const chosen = () => {
  const [across = 0, down = 0] = (find("#ratio input:checked")?.getAttribute("value") ?? "").split(":");
  return Number(across) / Number(down) || 0;
};

/** What a tray's picture would be extended to: along which side, and width over height; null for nothing.
 * @param {Tray} tray
 */
const larger = (tray) => {
  const image = find(".pic img", tray.element);
  const own = image instanceof HTMLImageElement ? image.naturalWidth / image.naturalHeight : 0;
  const ratio = chosen();
  if (!tray.isSingle || !own || !ratio || Math.max(ratio / own, own / ratio) <= 1 + SAME) return null;
  return { along: ratio > own ? PLACES.wide : PLACES.tall, ratio };
};

/** The place for the choice, filled in by `showExtension`. */
export const extensionHtml = (/** @type {Tray} */ tray) =>
  tray.isSingle ? '<div class="extend"></div>' : "";

/** @param {Tray} tray
 * @param {string[]} places
 */
const choiceHtml = (tray, places) => {
  const place = tray.items[0]?.extend ?? "";
  const options = places.map((one) => {
    const isChosen = one === (places.includes(place) ? place : places[0]) ? " selected" : "";
    return `<option value="${one}"${isChosen}>${escapeHtml(tray.say(`extend_${one}`))}</option>`;
  });
  const shape = find("#ratio input:checked")?.getAttribute("value");
  const label = escapeHtml(tray.say("extend", { shape }));
  const menu = `<select data-extend-where aria-label="${escapeHtml(tray.say("extend_where"))}">${options.join("")}</select>`;
  return `<label class="lock"><input type="checkbox" data-extend${place ? " checked" : ""}><span>${label}</span></label>${place ? menu : ""}`;
};

/** Offers to extend a picture to the shape that is chosen, and shows where it will lie.
 * @param {Tray} tray
 */
export const showExtension = (tray) => {
  const box = find(".extend", tray.element);
  const frame = find(".pic", tray.element);
  if (!box) return;
  const goal = larger(tray);
  const html = goal ? choiceHtml(tray, goal.along) : "";
  if (box.dataset.shown !== html) {
    box.dataset.shown = html;
    box.innerHTML = html;
  }
  const place = goal && tray.items[0]?.extend;
  frame?.toggleAttribute("data-extended", Boolean(place));
  if (!frame || !goal || !place) return;
  frame.style.setProperty("--shape", String(goal.ratio));
  frame.dataset.extended = goal.along.includes(place) ? place : "center";
};

/** What is chosen there now; undefined for no larger picture.
 * @param {Tray} tray
 * @param {boolean} isFirst it has just been asked for
 */
export const placeChosen = (tray, isFirst) => {
  const box = find("[data-extend]", tray.element);
  const menu = find("[data-extend-where]", tray.element);
  if (!(box instanceof HTMLInputElement && box.checked)) return undefined;
  return menu instanceof HTMLSelectElement && !isFirst ? menu.value : "center";
};
