// Presenter mode, for a projector: the picture over the whole screen and its prompt in large letters, nothing else.

/** @typedef {import("./viewer.js").Viewer} Viewer */

const HINT = 2500; // milliseconds for which it says how to leave

/** @param {Viewer} viewer */
export const isPresenting = ({ dialog }) => dialog.classList.contains("presenting");

/** The whole screen, where the browser gives it. A dialog cannot have it: the page gets it, and the dialog has to be
 * laid over the page anew.
 * @param {Viewer} viewer
 */
const fillScreen = async (viewer) => {
  const { dialog } = viewer;
  try {
    await document.documentElement.requestFullscreen();
  } catch {
    return; // the window has to do
  }
  if (!dialog.open || !isPresenting(viewer)) return;
  dialog.close();
  dialog.showModal();
};

/** Begins to present, or ends.
 * @param {Viewer} viewer @param {boolean} [on]
 */
export const present = (viewer, on = !isPresenting(viewer)) => {
  if (on && viewer.compare.isOn) viewer.compare.end();
  viewer.dialog.classList.toggle("presenting", on);
  if (on) {
    viewer.stage.toWhole();
    viewer.note(viewer.say("presenting"));
    setTimeout(() => isPresenting(viewer) && viewer.note(""), HINT);
    fillScreen(viewer);
  } else {
    viewer.note("");
    if (document.fullscreenElement) document.exitFullscreen();
  }
};

/** Escape ends the whole screen without telling of the key: then presenting has ended, too.
 * @param {() => Viewer} current
 */
export const listenToScreen = (current) =>
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && isPresenting(current())) present(current(), false);
  });
