// A template's sentence over the prompt box, with a little input for each of its fields. What is typed there
// stands in the prompt at once; the prompt itself stays free to be changed by hand, which ends the fields.

import { escapeHtml, find, findAll, loadStyle, need, on } from "../dom.js";

/** `[name: example]` or `[name]`; `ui/prompt_templates.py` reads the same. */
const FIELD = /\[([^[\]:：\n]{1,60})(?:[:：] ?([^[\]\n]*))?\]/g;
const SHORTEST = 4; // characters that an input shows at least
const WIDE = /[⺀-鿿＀-￯]/g; // signs as wide as two letters

/** Whether a prompt has fields.
 * @param {string} text
 */
export const hasFields = (text) => text.search(FIELD) >= 0;

/** Puts a text into the prompt as if it were typed.
 * @param {string} text
 */
const write = (text) => {
  const prompt = find("#prompt textarea");
  if (!(prompt instanceof HTMLTextAreaElement) || prompt.value === text) return;
  prompt.value = text;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
};

/** The first example of each field, by its name.
 * @param {string} text
 */
const examples = (text) => {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [, name = "", example = ""] of text.matchAll(FIELD))
    if (!found.get(name)) found.set(name, example);
  return found;
};

/** A text with the values of its fields in their places; a field that is empty stays in brackets.
 * @param {string} text
 * @param {Map<string, string>} values
 */
const filled = (text, values) => text.replace(FIELD, (_, name) => values.get(name)?.trim() || `[${name}]`);

const width = (/** @type {string} */ text) =>
  Math.max(SHORTEST, text.length + (text.match(WIDE) ?? []).length);

/** The sentence: text, and an input for each field; one that comes again is shown as what stands in the first.
 * @param {string} text
 * @param {Map<string, string>} values
 */
const sentence = (text, values) => {
  const seen = new Set();
  let from = 0;
  let html = "";
  for (const field of text.matchAll(FIELD)) {
    const name = field[1] ?? "";
    const said = escapeHtml(name);
    const value = escapeHtml(values.get(name) ?? "");
    html += escapeHtml(text.slice(from, field.index));
    html += seen.has(name)
      ? `<i data-same="${said}">${value || said}</i>`
      : `<input type="text" data-field="${said}" aria-label="${said}" title="${said}" placeholder="${said}" value="${value}" autocomplete="off" spellcheck="false">`;
    seen.add(name);
    from = field.index + field[0].length;
  }
  return html + escapeHtml(text.slice(from));
};

const fit = (/** @type {HTMLInputElement} */ input) => {
  input.style.width = `calc(${width(input.value || input.placeholder)}ch + 14px)`;
};

/** Takes the fields away; the prompt stays.
 * @param {boolean} [isLeft] the focus goes back to the prompt
 */
export const close = (isLeft = false) => {
  if (!find("#prompt-fields")) return;
  find("#prompt-fields")?.remove();
  document.removeEventListener("input", onInput, true);
  if (isLeft) find("#prompt textarea")?.focus({ preventScroll: true });
};

/** Somebody types into the prompt itself: it goes its own way from now on.
 * @param {Event} event
 */
const onInput = ({ target, isTrusted }) => {
  if (isTrusted && target instanceof Element && target.closest("#prompt")) close();
};

/** Shows the fields of a text, writes it into the prompt, and goes to the first field.
 * @param {string} text
 */
export const show = (text) => {
  close();
  const values = examples(text);
  const place = need("template[data-fields]");
  if (!(place instanceof HTMLTemplateElement)) return;
  const line = /** @type {HTMLElement} */ (need(".prompt-fields", place.content).cloneNode(true));
  line.id = "prompt-fields";
  need("p", line).innerHTML = sentence(text, values);
  const inputs = /** @type {HTMLInputElement[]} */ (findAll("input", line));
  for (const input of inputs) {
    fit(input);
    input.addEventListener("focus", () => input.select());
    input.addEventListener("input", () => {
      const name = input.dataset.field ?? "";
      values.set(name, input.value);
      fit(input);
      for (const same of findAll("[data-same]", line))
        if (same.dataset.same === name) same.textContent = input.value || name;
      write(filled(text, values));
    });
  }
  need(".x", line).addEventListener("click", () => close(true));
  line.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close(true);
  });
  need("#promptbox").before(line);
  document.addEventListener("input", onInput, true);
  write(filled(text, values));
  inputs[0]?.focus();
};

loadStyle("fields.css");
// Another prompt comes from elsewhere.
on(document, "click", "[data-fills-form], [data-undo]", () => close());
