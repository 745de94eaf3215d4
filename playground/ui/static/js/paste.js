// A call that was pasted into the prompt fills in the form. Loaded when one is.

import { on } from "./dom.js";
import { formNow, rememberForm } from "./kept_form.js";
import { uploadOnce } from "./tray_files.js";

/** @typedef {import("./dom.js").Piece} Piece */

const MOST = 14; // pictures
/** Picture data that stands in JSON itself: it goes up as a file, and its place is marked. */
const INLINE = /("data"\s*:\s*")([A-Za-z0-9+/=_\\-]{64,})(?=")/g;
/** How base64 begins, and what it is then. @type {[string, string][]} */
const FORMATS = [
  ["/9j/", "jpeg"],
  ["iVBO", "png"],
  ["UklG", "webp"],
];

/** The file in some base64; null where it is none.
 * @param {string} text
 * @param {number} number
 */
const fileOf = (text, number) => {
  const base64 = text.replaceAll("\\/", "/").replaceAll("-", "+").replaceAll("_", "/");
  const format = FORMATS.find(([start]) => base64.startsWith(start))?.[1];
  if (!format) return null;
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new File([bytes], `picture-${number}.${format}`, { type: `image/${format}` });
  } catch {
    return null;
  }
};

/** Puts what a press offered over the form. @type {Piece | undefined} */
let piece;
on(document, "click", "[data-offered]", (button) => {
  const kept = JSON.parse(formNow() || "null");
  if (!kept) return;
  Object.assign(kept.form, JSON.parse(button.dataset.offered ?? "{}"));
  piece?.trigger("restore", { kept: JSON.stringify(kept) });
});

/** A link that somebody made fills in the form.
 * @param {Piece} sharing
 * @param {string} packed see `links.py`
 */
export const follow = (sharing, packed) => {
  rememberForm();
  sharing.trigger("link", { link: packed });
};

/** @param {Piece} sharing @param {string} text */
export const paste = async (sharing, text) => {
  piece = sharing;
  rememberForm();
  /** @type {File[]} */
  const files = [];
  const light = text.replace(INLINE, (whole, before, data) => {
    const file = files.length < MOST ? fileOf(data, files.length + 1) : null;
    if (!file) return whole;
    files.push(file);
    return `${before}upload:${files.length}`;
  });
  const uploads = await Promise.all(
    files.map(async (file) => ({
      ...(await uploadOnce(file, sharing.upload)),
      name: file.name,
      size: file.size,
    })),
  );
  sharing.trigger("paste", { text: light, pictures: JSON.stringify(uploads) });
};
