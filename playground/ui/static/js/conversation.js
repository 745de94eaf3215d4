// A conversation belongs to the tab in which it goes on: in another tab one begins anew, and it waits in its own.

import { find, findAll, on } from "./dom.js";
import { mode } from "./form.js";
import { turn } from "./press.js";

/** Tab -> the picture that the conversation which waits there goes on from.
 * @type {Map<string, string>}
 */
const waiting = new Map();
const WAITING = "playground.waiting";

/** A reload knows them, too; where storage is off, nothing is kept. */
const keep = () => {
  try {
    sessionStorage.setItem(WAITING, JSON.stringify([...waiting]));
  } catch {
    // storage is off
  }
};

/** Takes up what a reload has left. */
const recall = () => {
  try {
    for (const [tab, picture] of JSON.parse(sessionStorage.getItem(WAITING) ?? "[]"))
      waiting.set(tab, picture);
  } catch {
    // nothing, or nothing of ours
  }
};

/** The picture that the next request goes on from; "" for none. */
const current = () => find("#continuing-notice [data-do=go_on][aria-pressed=true]")?.dataset.picture ?? "";

/** Notes the conversation of the open tab, or that it has none. */
const note = () => {
  const picture = current();
  if (picture) waiting.set(mode(""), picture);
  else waiting.delete(mode(""));
  keep();
  return picture;
};

/** A form that is cleared leaves no conversation waiting in any tab. */
const forget = () => {
  waiting.clear();
  keep();
};

/** What the form lacked is no longer what it lacks. @param {string} [which] "prompt" or "images"; all without */
const forgetLack = (which) => {
  for (const line of findAll(`#form-notice [data-lacks${which ? `="${which}"` : ""}]`))
    (line.closest("[data-languages]") ?? line).remove(); // or the next change of language says it again
};

/** The version to go on from is in sight, and the box asks what to change of it. */
const showCurrent = () => {
  const box = find("#prompt textarea");
  const hint = find("#continuing-notice [data-hint]")?.dataset.hint ?? "";
  if (box instanceof HTMLTextAreaElement) {
    if (hint && box.placeholder !== hint) box.dataset.hint = box.placeholder;
    box.placeholder = hint || box.dataset.hint || box.placeholder;
    if (!hint) delete box.dataset.hint;
  }
  const now = find("#continuing-notice [aria-pressed=true]");
  if (now?.parentElement) now.parentElement.scrollLeft = now.offsetLeft - now.parentElement.offsetLeft;
};

/** Puts a conversation aside when its tab is left by hand, and takes it up where it is come back to.
 * @param {import("./dom.js").Piece} piece
 */
export const followTabs = ({ trigger, watch }) => {
  recall();
  watch("value", () =>
    requestAnimationFrame(() => {
      showCurrent();
      turn(false);
    }),
  );
  document.addEventListener("playground:added", () => forgetLack("images"));
  on(document, "input", "#prompt", () => forgetLack("prompt"));
  // before Gradio turns to the other tab
  on(
    document,
    "click",
    "#tabs [role=tab]",
    ({ dataset: { tabId = "" } }) => {
      const from = mode("");
      if (!tabId || tabId === from) return;
      forgetLack();
      const left = note();
      const picture = waiting.get(tabId) ?? "";
      if (!left && !picture) return;
      turn(true);
      trigger("turn", { picture, from, undo: find("#form-notice [data-undo]") ? "yes" : "" });
    },
    true,
  );
  on(document, "click", "[data-fills-form]", note, true); // which may turn to another tab, too
  on(document, "click", "[data-do=clear]", forget, true);
};

/** Conversations that wait go on with what has come meanwhile.
 * @param {string} json see `Watching.turns`
 */
export const movedOn = (json) => {
  for (const { from, to } of JSON.parse(json || "[]"))
    for (const [tab, picture] of waiting) if (picture === from) waiting.set(tab, to);
  keep();
};
