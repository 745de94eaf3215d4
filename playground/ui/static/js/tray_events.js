// How mouse, keys and files reach a tray.

import { around, find, on } from "./dom.js";
import { movedBy } from "./moving.js";
import { placeChosen } from "./tray_extend.js";

/** @typedef {import("./tray.js").Tray} Tray */

/** Index of the picture around an element; NaN where there is none.
 * @param {Element} element
 */
const placeOf = (element) => Number(element.closest("li")?.dataset.place);

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/**
 * @param {Tray} tray
 * @param {number} place
 * @param {KeyboardEvent} event
 */
const onKey = (tray, place, event) => {
  const step = STEPS[event.key];
  if (step) tray.move(place, place + step);
  else if (event.key === "Delete" || event.key === "Backspace") tray.remove(place);
  else return;
  event.preventDefault();
};

/**
 * @param {Tray} tray
 * @param {HTMLElement} block where a dragged file may be dropped
 */
const listenToDrags = (tray, block) => {
  /** @type {number | null} */
  let dragged = null;
  block.addEventListener("dragstart", (event) => {
    const picture = around(event, "li[data-place]");
    if (!picture || !event.dataTransfer) return;
    dragged = placeOf(picture);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", String(dragged));
  });
  block.addEventListener("dragend", () => {
    dragged = null;
  });
  block.addEventListener("dragover", (event) => {
    event.preventDefault();
    block.classList.add("over");
  });
  block.addEventListener("dragleave", () => block.classList.remove("over"));
  block.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    block.classList.remove("over");
    const target = around(event, "li[data-place]");
    if (dragged === null) tray.take(movedBy(event.dataTransfer));
    if (dragged !== null && target) tray.move(dragged, placeOf(target));
    dragged = null;
  });
};

/** Opens the board, whose script is loaded at the first press.
 * @param {Tray} tray
 * @param {"mark" | "draw"} kind
 * @param {HTMLElement} button
 */
const openBoard = async (tray, kind, button) => {
  const board = await import("./brush/brush.js").catch(() => null);
  if (board) board[kind](tray, placeOf(button));
  else tray.tell("not_opened");
};

/** Listens to everything that changes a tray.
 * @param {Tray} tray
 */
export const listenTo = (tray) => {
  const { element } = tray;
  on(element, "click", "[data-add]", () => tray.picker.click());
  on(element, "click", ".x", (button) => tray.remove(placeOf(button)));
  on(element, "click", "[data-step]", (button) => {
    const place = placeOf(button);
    tray.move(place, place + Number(button.dataset.step));
  });
  on(element, "click", "[data-mark]", (button) => openBoard(tray, "mark", button));
  on(element, "click", "[data-draw]", (button) => openBoard(tray, "draw", button));
  on(element, "change", "[data-lock]", (box) => {
    const { mask } = tray.items[0] ?? {};
    if (mask && box instanceof HTMLInputElement) tray.change(0, { mask: { ...mask, keep: box.checked } });
    find("[data-lock]", element)?.focus();
  });
  on(element, "change", "[data-extend], [data-extend-where]", (control) => {
    const name = control instanceof HTMLSelectElement ? "[data-extend-where]" : "[data-extend]";
    tray.change(0, { extend: placeChosen(tray, name === "[data-extend]") });
    find(name, element)?.focus();
  });
  on(element, "change", "[data-role]", (menu) =>
    tray.give(placeOf(menu), menu instanceof HTMLSelectElement ? menu.value : ""),
  );
  element.addEventListener("keydown", (event) => {
    const picture = around(event, "li[data-place] .pic");
    if (picture) onKey(tray, placeOf(picture), event);
  });
  listenToDrags(tray, element.closest(".block") ?? element);
};
