// What a press in a tray opens the board for: a region of a picture that may change, or a drawing.

import { find, findAll, loadStyle, need } from "../dom.js";
import { uploadOnce } from "../tray_files.js";
import { Board } from "./board.js";
import { drawingOf, maskOf, within } from "./pixels.js";

/** @typedef {import("../tray.js").Tray} Tray */

const LARGEST = 4096; // pixels of a picture that was drawn on: what every browser's canvas can be

/** @type {Board | null} */
let board = null;

/** The board. In another language, Gradio puts another dialog there, and the board is a new one. */
const current = async () => {
  await Promise.all([loadStyle("viewer.css"), loadStyle("brush.css")]);
  const dialog = /** @type {HTMLDialogElement} */ (need("#brush dialog"));
  if (board?.dialog !== dialog) board = new Board(dialog);
  return board;
};

/** A picture as an image that is loaded; null where the browser cannot draw it.
 * @param {string} address
 */
const loaded = async (address) => {
  const image = Object.assign(new Image(), { src: address });
  return image.decode().then(
    () => image,
    () => null,
  );
};

/** The picture of a tray as it is shown there.
 * @param {Tray} tray @param {number} index
 */
const shown = (tray, index) => {
  const image = find(`li[data-place="${index}"] .pic img`, tray.element);
  return image instanceof HTMLImageElement && image.naturalWidth ? image : null;
};

/** Gives the focus back to a button of the picture, which was drawn anew meanwhile. */
const back = (/** @type {Tray} */ tray, /** @type {number} */ index, /** @type {string} */ button) =>
  findAll(`li[data-place="${index}"] ${button}`, tray.element)[0]?.focus();

/** Has a region of a picture marked.
 * @param {Tray} tray @param {number} index
 */
export const mark = async (tray, index) => {
  const [item, picture] = [tray.items[index], shown(tray, index)];
  if (!item || !picture) return;
  const before = item.mask && (tray.previews.get(item.mask.path ?? "") ?? item.mask.url);
  const [board, base] = await Promise.all([current(), before ? loaded(before) : null]);
  const save = async () => {
    if (board.isBlank()) return tray.change(index, { mask: undefined });
    const file = await maskOf(board.drawing.canvas);
    const { path, url } = await uploadOnce(file, tray.upload);
    tray.previews.set(path, URL.createObjectURL(file));
    const mask = { path, url, name: file.name, size: file.size, keep: item.mask?.keep };
    tray.change(index, { mask });
  };
  await board.open({ kind: "mark", picture, base, save });
  back(tray, index, "[data-mark]");
};

/** Has something drawn: over a picture, or on an empty sheet. What comes of it is one more picture.
 * @param {Tray} tray @param {number} index NaN for a sheet
 */
export const draw = async (tray, index) => {
  const picture = shown(tray, index);
  const board = await current();
  const save = async () => {
    if (board.isBlank()) return;
    const { name = "", path = "", picture: made = "" } = tray.items[index] ?? {};
    const isPhoto = /\.jpe?g$/i.test(path || made || name);
    const title = picture ? name.replace(/\.\w+$/, "") : board.say("drawing");
    const size = picture && within({ width: picture.naturalWidth, height: picture.naturalHeight }, LARGEST);
    const under = picture && size ? { source: picture, size, isPhoto } : null;
    const file = await drawingOf(board.drawing.canvas, under, title);
    await uploadOnce(file, tray.upload); // rejects where it fails; the tray uses it
    await tray.add([file]);
  };
  await board.open({ kind: "draw", picture, base: null, save });
  back(tray, Number.isNaN(index) || tray.isSingle ? 0 : index, "[data-draw]");
};
