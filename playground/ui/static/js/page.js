// The page's own script: what Python calls by name, and the small duties after each change of the page. What a
// first visit does not need (trays, results, history) is loaded when it is first wanted.

import { isThere, listenToNetwork, sayUnsent, showLine } from "./connection.js";
import {
  announceNews,
  find,
  findLive,
  isDisabled,
  isNarrow,
  memory,
  need,
  on,
  scrolling,
  watchPage,
} from "./dom.js";
import {
  applyTheme,
  describeGo,
  groupRadios,
  listen,
  markFolds,
  restoreSettings,
  toggleTheme,
} from "./form.js";
import { takeCare } from "./gradio_requests.js";
import { listenForLeaving, read, rememberForm, write } from "./kept_form.js";
import { followTabs, settled, token, trays } from "./press.js";

export { fold, mode, openConnection, showAllRatios } from "./form.js";
export { formNotice, keep, note, turned } from "./kept_form.js";
export { batch, batchForm, connections, recipe, share } from "./moving.js";
export { connectionLine, pressed, progress, settled, sinceOpened, templates, tray } from "./press.js";

/** @typedef {import("./dom.js").Piece} Piece */

/* ── language ── */

/** What each language is called in HTML, by its code, in the order of the button.
 * @type {Map<string, string>}
 */
const languages = new Map();
for (const pair of (need("meta[name=languages]").getAttribute("content") ?? "").split(" ")) {
  const [code = "", html = ""] = pair.split("=");
  languages.set(code, html);
}
let htmlLang = "";

/** Code of the language that was chosen here, or else the browser's if there is one, or else the first. */
export const language = () => {
  const [browsers = ""] = navigator.language.toLowerCase().split("-");
  const wanted = [memory.get("language") ?? "", browsers];
  const [first = ""] = languages.keys();
  return wanted.find((code) => languages.has(code)) ?? first;
};

const speak = (/** @type {string} */ code) => {
  htmlLang = languages.get(code) ?? code;
  document.documentElement.lang = htmlLang;
  for (const tray of trays) tray.render();
  if (find("[data-languages]")) import("./everywhere.js").then(({ sayIn }) => sayIn(code));
  if ("misplaced" in document.documentElement.dataset)
    import("./misplaced.js").then(({ tell }) => tell(code));
  return code;
};

/** Changes to the next language, and returns its code.
 * @param {string} now
 */
export const switchLanguage = (now) => {
  const codes = [...languages.keys()];
  const next = codes[(codes.indexOf(now) + 1) % codes.length] ?? now;
  memory.set("language", next);
  return speak(next);
};

/** What a page brings along when it is loaded: its language, and the form that was kept. */
export const arrival = () => [language(), read()];

/* ── pieces of our HTML ── */

const focusPrompt = () => find("#prompt textarea")?.focus({ preventScroll: true });

/** A press on [data-do] within a piece becomes the event of that name at the server.
 * @param {Piece} piece
 */
export const actions = ({ element, trigger, events }) =>
  on(element, "click", "[data-do]", (button) => {
    const action = button.dataset.do ?? "";
    if (isDisabled(button) || !events.includes(action)) return;
    if (!isThere()) return sayUnsent();
    if ("fillsForm" in button.dataset) rememberForm();
    trigger(action, { ...button.dataset, token: token() });
    // On a phone the form that was filled in stands far above.
    if ("fillsForm" in button.dataset && isNarrow()) window.scrollTo({ top: 0, behavior: scrolling() });
    const meant = button.dataset.remedy ?? action;
    if (["continue", "stop_continuing", "reword"].includes(meant)) setTimeout(focusPrompt, 300);
  });

/** The line above the prompt while requests go on from a picture.
 * @param {Piece} piece
 */
export const conversation = (piece) => {
  actions(piece);
  followTabs(piece);
};

export const movedOn = async (/** @type {string} */ json) =>
  (await import("./conversation.js")).movedOn(json);

/** @type {Piece | null} */
let waitingViewer = null;

/** The viewer, which is loaded as soon as there is a picture or a job that will bring one.
 * @param {Piece} piece
 */
export const viewer = (piece) => {
  waitingViewer = piece;
};

const loadViewer = async (piece = waitingViewer) => {
  if (!piece || !(find("[data-view], [data-job]") || location.search.includes("view="))) return;
  waitingViewer = null;
  (await import("./viewing.js")).listenForPictures(piece);
};

let showHistory = () => {};

/** Opens the history; the first time, its piece does so itself as soon as the server has put it on the page. */
export const openHistory = () => showHistory();

/** The history.
 * @param {Piece} piece
 */
export const mountHistory = async (piece) => {
  showHistory = await (await import("./history/history.js")).mount(piece);
};

/* ── duties after each change of the page ── */

/** @type {string | null} */
let state = null;

const followState = () => {
  const now = find("#result [data-state]")?.dataset.state ?? null;
  if (now === state) return;
  // A page that has just been loaded stays at its top. On a desk a new run shows where it is drawn.
  if (state && now && now !== "empty" && navigator.userActivation?.hasBeenActive) {
    if (isNarrow()) find("#result")?.scrollIntoView({ behavior: scrolling() });
    else if (now === "running") window.scrollTo({ top: 0, behavior: scrolling() });
  }
  state = now;
  write();
  document.body.dataset.state = now ?? "";
};

const tidy = () => {
  if (document.documentElement.lang !== htmlLang) document.documentElement.lang = htmlLang; // Gradio sets its own
  groupRadios();
  describeGo();
  markFolds();
  followState();
  showLine();
  if (findLive("[data-result], [data-started], [data-wait], [data-after], .copyable")[0])
    import("./result.js");
  loadViewer();
  for (const tray of trays) tray.check();
  announceNews();
};

let isTidyPlanned = false;
const tidySoon = () => {
  if (isTidyPlanned) return;
  isTidyPlanned = true;
  requestAnimationFrame(() => {
    isTidyPlanned = false;
    tidy();
  });
};

const start = () => {
  history.scrollRestoration = "manual";
  applyTheme();
  watchPage(tidySoon);
  // What is no change of the page: a picture that has its size now, and values that the server has put into fields.
  for (const what of ["input", "load", "playground:changed"]) document.addEventListener(what, tidySoon, true);
  restoreSettings();
  tidySoon();
};

takeCare(({ wasSent }) => wasSent || settled());
listen();
listenToNetwork();
listenForLeaving();
on(document, "click", "#theme, [data-theme]", toggleTheme);
applyTheme();
speak(language());
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
