// The form: keys, folding columns, and which tab is open; and whether the page is light or dark.

import { isThere, sayUnsent } from "./connection.js";
import { around, find, findAll, findLive, isDisabled, memory, on } from "./dom.js";
import { listenForMoves } from "./moving.js";
import { listenToPresses } from "./press.js";

// What is written is a change of the page, after which all of this is done again: so only what is new is written.
const mark = (/** @type {string} */ selector, /** @type {string} */ name, /** @type {string} */ value) => {
  const element = find(selector);
  if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
};

/** Puts the price onto Generate, for eyes and for screen readers. */
export const describeGo = () => {
  const price = find("#price-text");
  if (!price) return;
  mark("#go", "data-price", price.textContent);
  mark("#go", "aria-describedby", "price-text");
};

/* ── light or dark ── */

const setTheme = (/** @type {boolean} */ isDark) => {
  document.documentElement.classList.toggle("dark", isDark);
  document.body?.classList.toggle("dark", isDark);
};

/** Light or dark: as the address says, or else as was chosen here, or else as the system likes it. */
export const applyTheme = () => {
  const asked = new URLSearchParams(location.search).get("__theme") ?? "";
  const theme = ["light", "dark"].includes(asked) ? asked : memory.get("theme");
  setTheme(theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
};

export const toggleTheme = () => {
  const isDark = !document.body.classList.contains("dark");
  setTheme(isDark);
  memory.set("theme", isDark ? "dark" : "light");
};

/* ── tabs and radios ── */

/** Id of the open tab; `before` where none is seen.
 * @param {string} before
 */
export const mode = (before) => {
  const open = findAll("#tabs [role=tab][aria-selected=true]").find((tab) => tab.offsetParent);
  return open?.dataset.tabId ?? before;
};

let radioGroups = 0;

/** Gradio's radios become groups: one stop of the Tab key each, in which arrows choose. */
export const groupRadios = () => {
  for (const fieldset of findLive("fieldset")) {
    /** @type {HTMLInputElement[]} */
    const radios = Array.from(fieldset.querySelectorAll("input[type=radio]"));
    if (!radios.length) continue;
    if (!fieldset.dataset.radios) {
      radioGroups += 1;
      fieldset.dataset.radios = `playground-radio-${radioGroups}`;
    }
    const name = fieldset.dataset.radios;
    for (const radio of radios) if (radio.name !== name) radio.name = name;
  }
};

/* ── folds: columns that a button opens ── */

/** The button of each column, by the column's id. @type {Record<string, string>} */
const OPENERS = { "settings-fold": "#settings", connect: "#pill", spending: "#spending-open" };

const isFolded = (/** @type {string} */ id) =>
  document.getElementById(id)?.classList.contains("folded") ?? true;

/** Says at each button whether its column is open. */
export const markFolds = () => {
  mark("#connect", "tabindex", "-1");
  for (const [id, button] of Object.entries(OPENERS)) mark(button, "aria-expanded", String(!isFolded(id)));
};

/** Opens a column that is closed, and the other way round.
 * @param {string} id
 */
export const fold = (id) => {
  document.getElementById(id)?.classList.toggle("folded");
  markFolds();
  if (id === "settings-fold") memory.set("settings", isFolded(id) ? "closed" : "open");
  if (id === "spending" && !isFolded(id)) find("#spending-open")?.scrollIntoView({ block: "start" });
  if (id === "connect") (isFolded(id) ? find("#pill") : find("#connect"))?.focus();
};

/** The connection lies over the page: a press beside it closes it, and so does a rehearsal chosen in it.
 * @param {Event} event
 */
const leaveConnection = ({ target }) => {
  if (isFolded("connect") || !(target instanceof Element) || !target.isConnected) return;
  const rehearses = target.closest("[data-do=rehearse]");
  if (!rehearses && target.closest("#connect, #pill, #lang, ul.options, [data-remedy]")) return;
  document.getElementById("connect")?.classList.add("folded");
  markFolds();
  if (rehearses) find("#prompt textarea")?.focus({ preventScroll: true });
};

/** Opens the connection, for a key that is lacking. */
export const openConnection = () => {
  if (isFolded("connect")) find("#pill")?.click();
  setTimeout(() => find("#key input")?.focus(), 300);
};

/** Opens the settings if they were open at the last visit, once the form is what it was, which they show. */
export const restoreSettings = () => {
  const restore = () => {
    if (memory.get("settings") === "open" && isFolded("settings-fold")) find("#settings")?.click();
    markFolds();
  };
  document.addEventListener("playground:known", restore, { once: true });
};

/** All ratios instead of the usual ones. */
export const showAllRatios = () => {
  find("#ratiobox")?.classList.add("all"); // and the button that did it is gone
  find("#ratio label:nth-child(7) input")?.focus();
};

/* ── keys: Ctrl+Enter generates, Escape closes the connection, arrows walk tabs and numbers, and open the prompts ── */

/** @param {KeyboardEvent} event */
const generate = (event) => {
  const go = findAll("#go, [data-look]").find((one) => one.offsetParent);
  if (!go || isDisabled(go)) return;
  event.preventDefault();
  if (event.repeat) return;
  if (!isThere()) return sayUnsent(); // now, and not when the line may be back
  const before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  before?.blur(); // fields tell Gradio their value when they are left
  setTimeout(() => {
    go.click();
    before?.focus({ preventScroll: true });
  }, 30);
};

/** Goes from one of several buttons to the one beside it, around the end.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} from
 * @param {HTMLElement[]} all
 */
const walk = (event, from, all) => {
  const next = all.at((all.indexOf(from) + (event.key === "ArrowRight" ? 1 : -1)) % all.length);
  next?.click();
  next?.focus();
  event.preventDefault();
};

const hasPrompts = () => document.documentElement.hasAttribute("data-prompts");

const isEmptyPrompt = (/** @type {EventTarget | null} */ place) =>
  place instanceof HTMLTextAreaElement && place.value === "" && place.closest("#prompt") !== null;

/** The list of prompts that were sent from this browser. */
const openPrompts = async () => (await import("./prompts/list.js")).open();

/** @param {KeyboardEvent} event */
const onKey = (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) generate(event);
  if (event.key === "Escape" && !isFolded("connect")) fold("connect");
  if (event.key === "ArrowUp" && hasPrompts() && isEmptyPrompt(event.target)) {
    event.preventDefault();
    openPrompts();
  }
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const tab = around(event, "#tabs [role=tab]");
  if (tab)
    walk(
      event,
      tab,
      findAll("#tabs [role=tab]").filter((one) => one.offsetParent),
    );
  const number = around(event, "[data-show]");
  if (number) walk(event, number, findAll("[data-show]", number.closest("[data-result]") ?? document));
};

/** Listens to what happens in the form. */
export const listen = () => {
  listenToPresses();
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", leaveConnection);
  on(document, "click", "[data-switch-language]", () => find("#lang")?.click()); // a phone's bar has no room for it
  listenForMoves();
  document.documentElement.toggleAttribute("data-prompts", Boolean(memory.get("prompts")));
  on(document, "click", "[data-prompts-open]", openPrompts);
  // Another picture to edit begins anew.
  document.addEventListener("playground:added", () => {
    if (mode("") === "edit") find("#continuing-notice [data-do=stop_continuing]")?.click();
  });
};
