// What presses, keys and hands mean in the viewer.

import { around, find, isDisabled, need, on } from "../dom.js";
import { pressShortcut } from "../viewing.js";
import { listenToHands } from "./gestures.js";
import { isPresenting, listenToScreen, present } from "./present.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

const STEP = 80; // pixels that an arrow key moves an enlarged picture
const CLOSER = 1.5;

/** What a press does, by the attribute of the button: the first that fits.
 * @type {Record<string, (viewer: Viewer, button: HTMLElement) => unknown>}
 */
const PRESSES = {
  "[data-view-close]": (viewer) => viewer.close(),
  "[data-view-step]": (viewer, button) => viewer.walk(Number(button.dataset.viewStep)),
  "[data-zoom]": (viewer, button) => viewer.stage.zoom(Number(button.dataset.zoom)),
  "[data-zoom-real]": (viewer) => viewer.stage.toggle(),
  "[data-present]": (viewer) => present(viewer),
  "[data-compare]": (viewer) => viewer.compare.start(false),
  "[data-compare-end]": (viewer) => viewer.back(),
  "[data-way]": (viewer, button) => viewer.compare.setWay(button.dataset.way ?? ""),
  "[data-against]": (viewer, button) => viewer.compare.against(button.dataset.against ?? ""),
  "[data-do]": (viewer) => viewer.close(find("#prompt textarea")),
};

/** What a key does.
 * @type {Record<string, (viewer: Viewer) => unknown>}
 */
const KEYS = {
  ArrowLeft: (viewer) => walk(viewer, -1),
  ArrowRight: (viewer) => walk(viewer, 1),
  ArrowUp: (viewer) => viewer.stage.pan(0, STEP),
  ArrowDown: (viewer) => viewer.stage.pan(0, -STEP),
  "Shift+ArrowLeft": (viewer) => viewer.stage.pan(STEP, 0),
  "Shift+ArrowRight": (viewer) => viewer.stage.pan(-STEP, 0),
  "+": (viewer) => viewer.stage.zoom(CLOSER),
  "=": (viewer) => viewer.stage.zoom(CLOSER),
  "-": (viewer) => viewer.stage.zoom(1 / CLOSER),
  0: (viewer) => viewer.stage.toWhole(),
  1: (viewer) => viewer.stage.toReal(),
  p: (viewer) => present(viewer),
  P: (viewer) => present(viewer),
};

const walk = (/** @type {Viewer} */ viewer, /** @type {number} */ step) =>
  viewer.compare.isOn ? viewer.compare.walk(step) : viewer.walk(step);

/** @param {Viewer} viewer @param {KeyboardEvent} event */
const onKey = (viewer, event) => {
  // The page below does not hear of keys that are meant for the viewer.
  event.stopPropagation();
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const isShifted = event.shiftKey && event.key.startsWith("Arrow");
  const act = KEYS[`${isShifted ? "Shift+" : ""}${event.key}`];
  if (act && !around(event, "input")) {
    event.preventDefault();
    act(viewer);
  } else if (viewer.compare.isOn && event.key.toUpperCase() === "C") viewer.back();
  else pressShortcut(event, viewer.dialog);
};

/** @param {Viewer} viewer @param {MouseEvent} event */
const onClick = (viewer, event) => {
  // A phone has no Escape, and nothing on the screen to press.
  if (isPresenting(viewer) && event instanceof PointerEvent && event.pointerType === "touch")
    return present(viewer, false);
  const selector = Object.keys(PRESSES).find((one) => around(event, one)) ?? "";
  const button = selector ? around(event, selector) : null;
  if (button && !isDisabled(button)) PRESSES[selector]?.(viewer, button);
};

/** Listens to what happens within the viewer, and to the browser's Back and Forward.
 * @param {() => Viewer} current
 * @param {HTMLElement} element
 */
export const listenTo = (current, element) => {
  element.addEventListener("click", (event) => onClick(current(), event));
  element.addEventListener("keydown", (event) => onKey(current(), event));
  document.addEventListener("playground:starred", (event) => {
    if (event instanceof CustomEvent && current().isOpen) current().onStar(event.detail);
  });
  on(element, "input", ".divider", () => current().compare.divide());
  listenToScreen(current);
  window.addEventListener("popstate", ({ state }) => {
    const viewer = current();
    if (state?.playground !== "viewer") viewer.close();
    else if (viewer.isOpen) viewer.goTo(state.picture);
    else viewer.open(state.picture, null, false);
  });
};

/** Listens to hands over the picture, and to what closes the dialog.
 * @param {Viewer} viewer
 */
export const listenToDialog = (viewer) => {
  const { dialog, stage } = viewer;
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    viewer.back();
  });
  listenToHands(need(".viewstage", dialog), {
    zoom: (factor, at) => stage.zoom(factor, at),
    pan: (right, down) => stage.pan(right, down),
    toggle: (at) => stage.toggle(at),
    walk: (step) => walk(viewer, step),
    close: () => viewer.back(),
    isEnlarged: () => stage.isEnlarged,
  });
};
