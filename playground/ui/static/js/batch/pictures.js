// The pictures beside a table, which its rows name. They go up as they are added.

import { announce, find, on } from "../dom.js";
import { uploadOnce } from "../tray_files.js";

/** @typedef {{ path: string, name: string }} Item */

const AT_ONCE = 4;
/** @type {Map<string, Item>} */
const items = new Map();

/** What lies beside the table, as the server wants it. */
export const pictures = () => [...items.values()];

/** @param {string} text @param {string} name */
const filled = (text, name) => text.replace(/\{names?\}/, name);

/** @param {HTMLElement} element */
export const showPictures = (element) => {
  const list = find("[data-beside]", element);
  if (!list) return;
  list.hidden = items.size === 0;
  list.replaceChildren(
    ...[...items.keys()].map((name) => {
      const [row, button] = [document.createElement("li"), document.createElement("button")];
      Object.assign(button, { type: "button", className: "text-link", textContent: "×" });
      button.setAttribute("aria-label", filled(list.dataset.remove ?? "", name));
      button.dataset.removePicture = name;
      row.append(name, button);
      return row;
    }),
  );
};

/** Uploads files; what could not be, in words. One of a name that is there takes its place.
 * @param {File[]} files
 * @param {import("../dom.js").Piece} piece
 */
export const add = async (files, { element, upload }) => {
  /** @type {string[]} */
  const failed = [];
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      try {
        const { path } = await uploadOnce(file, upload);
        items.set(file.name, { path, name: file.name });
      } catch {
        failed.push(file.name);
      }
      showPictures(element);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const said = failed.length
    ? filled(find("[data-beside]", element)?.dataset.failed ?? "", failed.join(", "))
    : "";
  if (said) announce(said);
  return said;
};

on(document, "click", "[data-remove-picture]", (button) => {
  items.delete(button.dataset.removePicture ?? "");
  const form = button.closest(".batchform")?.parentElement;
  if (form) showPictures(form);
  find("[data-add-pictures]")?.focus();
});
