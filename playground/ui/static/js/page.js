// The page's own script: what Python calls by name, and the small duties after each change of the page. What a
// first visit does not need (trays, results, history) is loaded when it is first wanted.

import {
  announceNews,
  applyTheme,
  find,
  isDisabled,
  isNarrow,
  memory,
  need,
  on,
  scrolling,
  toggleTheme,
} from "./dom.js";
import { groupRadios, listen, markFolds, restoreSettings, token, trays } from "./form.js";

export { fold, mode, openConnection, pressed, settled, showAllRatios } from "./form.js";

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

/* ── pieces of our HTML ── */

const focusPrompt = () => find("#prompt textarea")?.focus({ preventScroll: true });

/** A press on [data-do] within a piece becomes the event of that name at the server.
 * @param {Piece} piece
 */
export const actions = ({ element, trigger, events }) =>
  on(element, "click", "[data-do]", (button) => {
    const action = button.dataset.do ?? "";
    if (isDisabled(button) || !events.includes(action)) return;
    trigger(action, { ...button.dataset, token: token() });
    // On a phone the form that was filled in stands far above.
    if ("fillsForm" in button.dataset && isNarrow()) window.scrollTo({ top: 0, behavior: scrolling() });
    if (["continue", "stop_continuing"].includes(action)) setTimeout(focusPrompt, 300);
  });

/** A tray of pictures.
 * @param {Piece} piece
 */
export const tray = async (piece) => new (await import("./tray.js")).Tray(piece);

let showHistory = () => {};

/** Opens the history; the first time, its piece does so itself as soon as the server has put it on the page. */
export const openHistory = () => showHistory();

/** The history.
 * @param {Piece} piece
 */
export const mountHistory = async (piece) => {
  showHistory = await (await import("./history/history.js")).mount(piece);
};

/** A picture that was made here offers its recipe, whichever tab it is dropped on.
 * @param {Piece} piece
 */
export const recipe = (piece) => {
  const { element, server, upload } = piece;
  let newest = 0;
  const clear = () => {
    element.innerHTML = "";
  };
  const recognise = async (/** @type {{ path: string }[]} */ items, unknown = "") => {
    newest += 1;
    const mine = newest;
    const question = { language: language(), paths: items.map((item) => item.path), unknown };
    // An offer, and nothing more: without it the picture is there all the same.
    const answer = await server.history_recognise?.(question).catch(() => null);
    if (answer && mine === newest) element.innerHTML = answer.html ?? "";
  };
  document.addEventListener("playground:added", (event) => {
    if (event instanceof CustomEvent && event.detail.length) recognise(event.detail);
  });
  actions(piece);
  on(element, "click", "[data-do]", () => {
    clear();
    focusPrompt();
  });
  on(document, "click", "#go, #tabs [role=tab]", clear);
  // The first tab has no tray of its own. A tray that takes the files keeps them from coming here.
  find("#composer")?.addEventListener("drop", async (event) => {
    const file = Array.from(event.dataTransfer?.files ?? []).find((one) => one.type.startsWith("image/"));
    if (!file || [...trays].some((one) => one.isShown())) return;
    event.preventDefault();
    recognise([await upload(file)], file.name);
  });
};

/** How far the calls of the running job have come.
 * @param {string} json
 */
export const progress = async (json) => {
  if (json) (await import("./result.js")).showProgress(JSON.parse(json));
};

/* ── duties after each change of the page ── */

const describeGo = () => {
  const price = find("#price-text");
  const go = find("#go");
  if (!price || !go) return;
  if (go.dataset.price !== price.textContent) go.dataset.price = price.textContent;
  if (go.getAttribute("aria-describedby") !== "price-text") go.setAttribute("aria-describedby", "price-text");
};

/** @type {string | null} */
let state = null;

const followState = () => {
  const now = find("#result [data-state]")?.dataset.state ?? null;
  if (now === state) return;
  if (state && now && now !== "empty" && isNarrow())
    find("#result")?.scrollIntoView({ behavior: scrolling() });
  state = now;
  document.body.dataset.state = now ?? "";
};

const tidy = () => {
  if (document.documentElement.lang !== htmlLang) document.documentElement.lang = htmlLang; // Gradio sets its own
  groupRadios();
  describeGo();
  markFolds();
  followState();
  if (find("[data-result], [data-started], [data-wait], [data-after], .copyable")) import("./result.js");
  for (const tray of trays) tray.markUnmentioned();
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
  applyTheme();
  new MutationObserver(tidySoon).observe(document.body, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["name", "class", "hidden"],
  });
  document.addEventListener("input", tidySoon);
  restoreSettings();
  tidySoon();
};

listen();
on(document, "click", "#theme", toggleTheme);
applyTheme();
speak(language());
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
