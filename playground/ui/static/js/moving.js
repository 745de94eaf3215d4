// Pictures move freely: pasted, dropped from elsewhere, or dragged from a result, the strip and the history.

import { around, find, on } from "./dom.js";
import { trays } from "./press.js";

/** Pictures on their way into the form: files of the person's, and pictures that were made here.
 * @typedef {{ files: File[], items: import("./tray.js").Item[] }} Moved
 */

const OURS = "application/x-playground-picture";
const MOVABLE = "[data-bytes]"; // a picture that was made here, with what a tray has to know of it

/** A picture of the page as a tray has it.
 * @param {DOMStringMap} data
 * @returns {import("./tray.js").Item}
 */
const itemOf = ({ view, job, picture, bytes, name = "" }) => {
  const whole = view ?? `${job}/${picture}`;
  return { picture: whole, name, size: Number(bytes), url: `pictures/${whole}` };
};

/** What is dragged or pasted.
 * @param {DataTransfer | null} transfer
 * @returns {Moved}
 */
export const movedBy = (transfer) => {
  const ours = transfer?.getData(OURS);
  if (ours) return { files: [], items: [itemOf(JSON.parse(ours))] };
  return { files: Array.from(transfer?.files ?? []), items: [] };
};

/** Whether something is dragged that the form takes.
 * @param {DragEvent} event
 */
const isWelcome = ({ dataTransfer, target }) => {
  const types = dataTransfer?.types ?? [];
  const isOverForm = target instanceof Element && target.closest("#composer") !== null;
  return types.includes(OURS) ? isOverForm : types.includes("Files");
};

/** Puts pictures into the tray that is open; where there is none, it is asked what they are for.
 * @param {Moved} moved
 */
const take = async (moved) => {
  const tray = [...trays].find((one) => one.isShown());
  if (tray) tray.take(moved);
  else (await import("./offer.js")).offer(moved);
};

/** The piece by which what is pasted or linked reaches the server.
 * @type {import("./dom.js").Piece | undefined}
 */
let sharing;

/** Whether a text is a call of a program, and no prompt.
 * @param {string} text
 */
const isCall = (text) =>
  /^\s*(?:[$#>]\s+)?curl(?:\.exe)?\s/.test(text)
    ? /:\/\/|:\w*generateContent/i.test(text)
    : /^\s*\{/.test(text) && /"contents"\s*:/.test(text);

/** @param {ClipboardEvent} event */
const onPaste = async (event) => {
  const { clipboardData } = event;
  const text = around(event, "#prompt textarea") ? (clipboardData?.getData("text/plain") ?? "") : "";
  if (sharing && isCall(text)) {
    event.preventDefault();
    return (await import("./paste.js")).paste(sharing, text);
  }
  const moved = movedBy(clipboardData);
  // Office puts a picture of the text beside it: in a field the text is meant.
  const isText = clipboardData?.types.includes("text/plain") && around(event, "input, textarea");
  if (isText || !moved.files.length) return;
  event.preventDefault();
  take(moved);
};

const mark = (/** @type {boolean} */ isOver) => find("#composer")?.classList.toggle("over", isOver);

/** From now on pictures can be pasted, dropped and dragged, whichever tab is open. */
export const listenForMoves = () => {
  document.addEventListener("paste", onPaste);
  document.addEventListener("dragstart", (event) => {
    const picture = around(event, MOVABLE);
    if (!picture || !event.dataTransfer) return;
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData(OURS, JSON.stringify(picture.dataset));
  });
  // A picture dropped beside the tray must not make the browser leave the page.
  document.addEventListener("dragover", (event) => {
    const isTaken = isWelcome(event);
    mark(isTaken);
    if (isTaken) event.preventDefault();
  });
  document.addEventListener("dragend", () => mark(false));
  document.addEventListener("dragleave", (event) => event.relatedTarget || mark(false));
  document.addEventListener("drop", (event) => {
    mark(false);
    if (!isWelcome(event) || event.defaultPrevented) return;
    event.preventDefault();
    take(movedBy(event.dataTransfer));
  });
  on(document, "click", "#tabs [role=tab]", () => find("#offer")?.remove());
};

/** The line that offers the recipe of a picture that was added.
 * @param {import("./dom.js").Piece} piece
 */
export const recipe = (piece) => {
  /** @type {Promise<(event: Event) => void> | undefined} */
  let offer;
  for (const kind of ["playground:added", "playground:offered"])
    document.addEventListener(kind, async (event) => {
      offer ??= import("./recipe.js").then(({ offerRecipes }) => offerRecipes(piece));
      (await offer)(event);
    });
};

/** A link's part of the address fills in the form, once; it is taken out, so that a reload does not do it again. */
const followLink = async () => {
  const packed = /^#1=([\w-]+)$/.exec(location.hash)?.[1];
  if (!packed || !sharing) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  (await import("./paste.js")).follow(sharing, packed);
};

/** The dialog in which a request becomes a link and code; and what comes back by either.
 * @param {import("./dom.js").Piece} piece
 */
export const share = (piece) => {
  sharing = piece;
  document.addEventListener("playground:known", followLink);
  window.addEventListener("hashchange", followLink);
  on(document, "click", "[data-share]", async (button) =>
    (await import("./share.js")).open(piece, button.dataset.share ?? ""),
  );
};

/** The connections that this browser keeps, loaded when their panel is first opened.
 * @param {import("./dom.js").Piece} piece
 */
export const connections = async (piece) => (await import("./connections.js")).mount(piece);

/** The table of a batch, loaded when its tab is first opened.
 * @param {import("./dom.js").Piece} piece
 */
export const batchForm = async (piece) => (await import("./batch/form.js")).mount(piece);

/** What a batch is and would be, loaded likewise.
 * @param {import("./dom.js").Piece} piece
 */
export const batch = (piece) => {
  let [isMounted, isPressed] = [false, false];
  const look = async () => {
    if (isMounted || !find("#tabs [data-tab-id=batch][aria-selected=true]")) return;
    isMounted = true;
    await (await import("./batch/batch.js")).mount(piece);
    if (isPressed) find("[data-look]")?.click();
    isPressed = false;
  };
  // Pressed before its script is here, it is pressed again then.
  on(document, "click", "[data-look]", () => {
    isPressed = true;
  });
  on(document, "click", "#tabs [role=tab]", () => setTimeout(look, 50));
  document.addEventListener("playground:known", () => setTimeout(look, 50));
};
