// The table of a batch: typed, pasted, or a file that is opened or dropped. Loaded when its tab is first opened.

import { find, on } from "../dom.js";
import { language } from "../page.js";
import { looksLikePicture } from "../tray_files.js";
import { add, pictures, showPictures } from "./pictures.js";

/** What was typed, which a change of the language writes over.
 * @type {{ table: string, combine: boolean }}
 */
const typed = { table: "", combine: false };

/** What the table holds, as the server wants it. */
export const tableNow = () => ({ ...typed, pictures: pictures() });

const MOST = 1_000_000; // bytes of a file; the server refuses more

/** A file's bytes as base64, a piece at a time: a call with a million arguments would not be made.
 * @param {Uint8Array} bytes
 */
const packed = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
};

/** @param {import("../dom.js").Piece} piece */
export const mount = (piece) => {
  const { element, server, watch } = piece;
  const field = () => /** @type {HTMLTextAreaElement | null} */ (find("#batch-table", element));
  const ticked = () => /** @type {HTMLInputElement | null} */ (find("[data-combine]", element));

  const restore = () => {
    const [area, box] = [field(), ticked()];
    if (area) area.value = typed.table;
    if (box) box.checked = typed.combine;
    showPictures(element);
  };

  const note = () => {
    typed.table = field()?.value ?? "";
    typed.combine = ticked()?.checked ?? false;
  };

  const say = (/** @type {string} */ text) => {
    const place = find("[data-read]", element);
    if (place) place.textContent = text;
  };

  const read = async (/** @type {File | undefined} */ file) => {
    if (!file) return;
    const data = packed(new Uint8Array(await file.slice(0, MOST + 1).arrayBuffer()));
    const answer = await server.batch_file?.({ data, language: language() });
    if (answer?.failed) return say(answer.failed);
    typed.table = String(answer?.text ?? "");
    restore();
    say(answer?.said ?? "");
  };

  on(element, "input", "#batch-table, [data-combine]", note);
  on(element, "click", "[data-open-table]", () => find("[data-table-file]", element)?.click());
  on(element, "change", "[data-table-file]", (input) => {
    if (!(input instanceof HTMLInputElement)) return;
    read(input.files?.[0]);
    input.value = "";
  });
  on(element, "click", "[data-add-pictures]", () => find("[data-pictures-file]", element)?.click());
  on(element, "change", "[data-pictures-file]", async (input) => {
    if (!(input instanceof HTMLInputElement)) return;
    const files = Array.from(input.files ?? []);
    input.value = "";
    say(await add(files, piece));
  });
  on(element, "drop", "#batch-table", async (_, event) => {
    const files = Array.from((event instanceof DragEvent && event.dataTransfer?.files) || []);
    if (!files.length) return;
    event.preventDefault();
    read(files.find((file) => !looksLikePicture(file)));
    const failed = await add(files.filter(looksLikePicture), piece);
    if (failed) say(failed);
  });
  watch("value", () => requestAnimationFrame(restore));
  if (field()?.value) note(); // typed before this was here
  restore();
};
