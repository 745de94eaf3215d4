// What hands and keys do on the board: one finger, mouse or pen paints, two fingers and a wheel move and enlarge.

import { around, isDisabled, on } from "../dom.js";
import { listenToHands } from "../viewer/gestures.js";
import { ARROWS, Hand } from "./hand.js";

/** @typedef {import("./board.js").Board} Board */

const CLOSER = 1.5;
const THICKER = 1.25;

/** What a press does, by the attribute of its button.
 * @type {Record<string, (board: Board, button: HTMLElement) => unknown>}
 */
const PRESSES = {
  "button[data-tool]": (board, button) => board.take(button.dataset.tool ?? ""),
  "[data-ink]": (board, button) => dip(board, button.dataset.ink ?? ""),
  '[data-brush="undo"]': (board) => board.drawing.undo(),
  '[data-brush="redo"]': (board) => board.drawing.redo(),
  '[data-brush="clear"]': (board) => board.drawing.clear(),
  "[data-zoom]": (board, button) => board.stage.zoom(Number(button.dataset.zoom)),
  "[data-zoom-real]": (board) => board.stage.toggle(),
  '[data-brush="cancel"]': (board) => board.close(),
  '[data-brush="done"]': (board) => board.done(),
};

const dip = (/** @type {Board} */ board, /** @type {string} */ ink) => {
  board.dip(ink);
  board.take("paint");
};

/** What a key does, a letter with or without Ctrl.
 * @type {Record<string, (board: Board) => unknown>}
 */
const KEYS = {
  "[": (board) => resize(board, 1 / THICKER),
  "]": (board) => resize(board, THICKER),
  b: (board) => board.take("paint"),
  e: (board) => board.take("erase"),
  h: (board) => board.take("move"),
  z: (board) => board.drawing.undo(),
  Z: (board) => board.drawing.redo(),
  y: (board) => board.drawing.redo(),
  "+": (board) => board.stage.zoom(CLOSER),
  "=": (board) => board.stage.zoom(CLOSER),
  "-": (board) => board.stage.zoom(1 / CLOSER),
  0: (board) => board.stage.toWhole(),
};

const resize = (/** @type {Board} */ board, /** @type {number} */ factor) => {
  const { thickness } = board;
  board.thickness = thickness * factor;
  if (board.thickness === thickness) board.thickness += Math.sign(factor - 1);
};

/** @param {Board} board @param {Hand} hand @param {KeyboardEvent} event */
const onKey = (board, hand, event) => {
  event.stopPropagation(); // the page below does not hear of keys that are meant for the board
  if (event.isComposing || event.altKey) return;
  const isOnPicture = event.target === board.stage.element;
  const isCommand = event.ctrlKey || event.metaKey;
  const act = KEYS[event.key];
  if ((isCommand && !/^[zy]$/i.test(event.key)) || around(event, "select")) return;
  if (act) act(board);
  else if (isOnPicture && event.key in ARROWS) hand.key(event);
  else return;
  event.preventDefault();
};

/** Listens to everything that happens on the board.
 * @param {Board} board
 */
export const listenToBoard = (board) => {
  const { dialog, stage } = board;
  const place = stage.element;
  const hand = new Hand(board);
  place.addEventListener("pointerdown", (event) => hand.press(event));
  place.addEventListener("pointermove", (event) => hand.move(event));
  for (const kind of ["pointerup", "pointercancel"])
    place.addEventListener(kind, (event) => event instanceof PointerEvent && hand.lift(event));
  place.addEventListener("pointerleave", () => hand.hide());
  const nothing = () => {};
  listenToHands(place, {
    zoom: (factor, at) => stage.zoom(factor, at),
    pan: (right, down) => stage.pan(right, down),
    toggle: nothing,
    walk: nothing,
    close: nothing,
    isEnlarged: () => board.tool === "move",
  });
  dialog.addEventListener("keydown", (event) => onKey(board, hand, event));
  dialog.addEventListener("click", (event) => {
    const selector = Object.keys(PRESSES).find((one) => around(event, one)) ?? "";
    const button = selector ? around(event, selector) : null;
    if (button && !isDisabled(button)) PRESSES[selector]?.(board, button);
  });
  on(dialog, "input", "[data-thickness]", (slider) => {
    board.thickness = Number(/** @type {HTMLInputElement} */ (slider).value);
  });
  on(dialog, "change", "[data-shape]", () => board.reshape());
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    board.done();
  });
  window.addEventListener("popstate", () => board.done());
};
