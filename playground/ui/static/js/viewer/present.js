// Presenter mode, for a projector: the picture over the whole screen and its prompt in large letters, nothing else.

/** @typedef {import("./viewer.js").Viewer} Viewer */

const HINT = 2500; // milliseconds for which it says how to leave

/** @param {Viewer} viewer */
export const isPresenting = ({ dialog }) => dialog.classList.contains("presenting");

/** The browser takes its time to give the whole screen and to take it back: one is done after the other. */
let isTurning = false;
/** It is we who leave the whole screen, and no person by Escape. */
let isLeaving = false;

/** Whether the browser has the screen as it is wanted; a picture that is not looked at needs none.
 * @param {Viewer} viewer
 */
const isAsWanted = (viewer) =>
  (viewer.dialog.open && isPresenting(viewer)) === (document.fullscreenElement !== null);

/** A dialog cannot have the whole screen: the page gets it, and the dialog has to be laid over the page anew.
 * @param {Viewer} viewer
 */
const enter = async (viewer) => {
  await document.documentElement.requestFullscreen();
  if (!viewer.dialog.open || !isPresenting(viewer)) return;
  viewer.dialog.close();
  viewer.dialog.showModal();
};

/** Ends when the event has told of it, which comes after the promise. */
const leave = async () => {
  isLeaving = true;
  await new Promise((resolve) => {
    document.addEventListener("fullscreenchange", resolve, { once: true });
    document.exitFullscreen().catch(resolve);
  });
  isLeaving = false;
};

/** The whole screen while there is something to present, where the browser gives it. Whatever was pressed while it
 * turned, what is wanted in the end counts.
 * @param {Viewer} viewer
 */
const turnScreen = async (viewer) => {
  if (isTurning) return;
  isTurning = true;
  try {
    while (!isAsWanted(viewer)) await (document.fullscreenElement ? leave() : enter(viewer));
  } catch {
    // the window has to do
  } finally {
    isTurning = false;
  }
};

/** Begins to present, or ends.
 * @param {Viewer} viewer @param {boolean} [on]
 */
export const present = (viewer, on = !isPresenting(viewer)) => {
  if (on && viewer.compare.isOn) viewer.compare.end();
  viewer.dialog.classList.toggle("presenting", on);
  viewer.note(on ? viewer.say("presenting") : "");
  if (on) {
    viewer.stage.toWhole();
    setTimeout(() => isPresenting(viewer) && viewer.note(""), HINT);
  }
  turnScreen(viewer);
};

/** Escape ends the whole screen without telling of the key: then presenting has ended, too.
 * @param {() => Viewer} current
 */
export const listenToScreen = (current) =>
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && !isLeaving && isPresenting(current())) present(current(), false);
  });
