// A picture that was brought where no tray is open: it is asked what it is for.

import { fill, find, findAll, need } from "./dom.js";
import { trays } from "./press.js";
import { looksLikePicture } from "./tray_files.js";

/** @typedef {import("./moving.js").Moved} Moved */

const PATIENCE = 5000; // milliseconds for a tab to be built that is opened for the first time
const STEP = 50;

/** The tray of a tab, which is opened for it; null when that takes too long.
 * @param {string} mode
 */
const trayOf = async (mode) => {
  find(`#tabs [role=tab][data-tab-id="${mode}"]`)?.click();
  for (let waited = 0; waited < PATIENCE; waited += STEP) {
    const tray = [...trays].find((one) => one.isShown() && one.element.closest(`#tray-${mode}`));
    if (tray) return tray;
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  return null;
};

/** @param {HTMLElement} line @param {Moved} moved */
const showPictures = (line, { files, items }) => {
  const addresses = [...files.map((file) => URL.createObjectURL(file)), ...items.map((item) => item.url)];
  const images = addresses.map((address) =>
    Object.assign(document.createElement("img"), { src: address, alt: "" }),
  );
  need(".brought", line).replaceChildren(...images);
};

/** Asks what pictures are for, above the prompt; names the files that are none.
 * @param {Moved} moved
 */
export const offer = ({ files, items }) => {
  find("#offer")?.remove();
  const pictures = { files: files.filter(looksLikePicture), items };
  const line = /** @type {HTMLElement} */ (need("[data-offer]").cloneNode(true));
  const others = files.filter((file) => !looksLikePicture(file)).map((file) => file.name);
  const note = need(".note", line);
  note.textContent = others.length ? fill(note.dataset.text ?? "", { name: others.join(", ") }) : "";
  const count = pictures.files.length + items.length;
  need("[data-offered]", line).hidden = !count;
  need("[data-use=edit]", line).hidden = count > 1;
  showPictures(line, pictures);
  Object.assign(line, { id: "offer", hidden: false });
  for (const button of findAll("[data-use]", line))
    button.addEventListener("click", async () => {
      line.remove();
      (await trayOf(button.dataset.use ?? ""))?.take(pictures);
      find("#prompt textarea")?.focus({ preventScroll: true });
    });
  need(".x", line).addEventListener("click", () => line.remove());
  need("#promptbox").before(line);
  if (pictures.files.length)
    document.dispatchEvent(new CustomEvent("playground:offered", { detail: pictures.files }));
};
