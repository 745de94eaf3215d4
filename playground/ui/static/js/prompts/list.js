// The list of the person's own prompts, over the prompt box: typing filters it, arrows walk it, Enter takes one.

import { announce, around, escapeHtml, fill, find, findAll, loadStyle, need, on } from "../dom.js";
import { hasFields, show as showFields } from "./fields.js";
import { add, all, forget, mark, parse, search, star, written } from "./store.js";

const MOST_SHOWN = 100;

const panel = () => need("#prompts .prompts");

const field = () => /** @type {HTMLInputElement} */ (need("input[type=search]", panel()));

const focusPrompt = () => find("#prompt textarea")?.focus({ preventScroll: true });

const isStarredOnly = () => need("[data-only-starred]", panel()).getAttribute("aria-pressed") === "true";

const row = (/** @type {import("./store.js").Prompt} */ { text, starred }) => {
  const { starring = "", forgetting = "" } = panel().dataset;
  const named = (/** @type {string} */ label) => escapeHtml(fill(label, { prompt: text.slice(0, 80) }));
  const said = escapeHtml(text);
  return (
    `<li data-text="${said}"><button type="button" class="take" data-do="take" data-fills-form data-prompt="${said}">` +
    `<span>${said}</span></button><button type="button" class="star" data-star-prompt aria-pressed="${starred}"` +
    ` aria-label="${named(starring)}"></button><button type="button" class="x" data-forget` +
    ` aria-label="${named(forgetting)}">×</button></li>`
  );
};

const show = () => {
  const found = search(field().value.trim(), isStarredOnly()).slice(0, MOST_SHOWN);
  need("ul", panel()).innerHTML = found.map(row).join("");
  need(".none", panel()).hidden = found.length > 0;
};

const isOpen = () => !panel().hidden;

const close = () => {
  panel().hidden = true;
};

/** Opens the list, newest first. */
export const open = async () => {
  await ready;
  if (!all().length) return mark();
  field().value = "";
  need("[data-only-starred]", panel()).setAttribute("aria-pressed", "false");
  panel().hidden = false;
  show();
  need("ul", panel()).scrollTop = 0;
  field().focus();
};

const tell = (/** @type {string} */ text) => {
  need(".told", panel()).textContent = text;
  announce(text);
};

const save = () => {
  const address = URL.createObjectURL(new Blob([written(all())], { type: "application/json" }));
  const day = new Date().toISOString().slice(0, 10);
  Object.assign(document.createElement("a"), { href: address, download: `prompts-${day}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
};

/** @param {HTMLElement} input */
const load = async (input) => {
  const file = input instanceof HTMLInputElement ? input.files?.[0] : null;
  if (!(input instanceof HTMLInputElement) || !file) return;
  const prompts = parse(await file.text());
  input.value = "";
  const { added = "", unreadable = "" } = panel().dataset;
  tell(prompts ? fill(added, { count: add(prompts) }) : unreadable);
  show();
};

/** Goes from row to row; above the first is the field.
 * @param {KeyboardEvent} event
 */
const walk = (event) => {
  const rows = findAll(".take", panel());
  const here = around(event, ".take");
  const now = here ? rows.indexOf(here) : -1;
  const next = now + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  if (next < 0) field().focus();
  else rows[next]?.focus();
};

/** @param {KeyboardEvent} event */
const onKey = (event) => {
  if (!isOpen() || event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
    focusPrompt();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key)) walk(event);
  else if (event.key === "Enter" && event.target === field()) find(".take", panel())?.click();
};

/** Goes to the prompt once the server has filled it in, or to its fields; `tries` times 50 ms.
 * @param {string} text
 */
const whenFilledIn = (text, tries = 100) => {
  const prompt = find("#prompt textarea");
  if (prompt instanceof HTMLTextAreaElement && prompt.value !== text && tries)
    setTimeout(() => whenFilledIn(text, tries - 1), 50);
  else if (hasFields(text)) showFields(text);
  else focusPrompt();
};

const textOf = (/** @type {HTMLElement} */ element) => element.closest("li")?.dataset.text ?? "";

const listen = () => {
  const place = need("#prompts");
  on(place, "input", "input[type=search]", show);
  on(place, "change", "input[type=file]", load);
  on(place, "click", "[data-only-starred]", (button) => {
    button.setAttribute("aria-pressed", String(!isStarredOnly()));
    show();
  });
  on(place, "click", "[data-star-prompt]", (button) => {
    const starred = button.getAttribute("aria-pressed") !== "true";
    star(textOf(button), starred);
    button.setAttribute("aria-pressed", String(starred));
  });
  on(place, "click", "[data-forget]", (button) => {
    forget(textOf(button));
    show();
    field().focus();
  });
  on(place, "click", "[data-save]", save);
  on(place, "click", "[data-load]", () => need("input[type=file]", panel()).click());
  on(place, "click", "[data-close]", () => {
    close();
    focusPrompt();
  });
  on(place, "click", ".take", (button) => {
    close();
    whenFilledIn(button.dataset.prompt ?? "");
  });
  place.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", (event) => {
    if (isOpen() && !around(event, "#prompts, [data-prompts-open]")) close();
  });
};

const ready = loadStyle("prompts.css").then(listen);
