// A template's sentence over the prompt box, with a little input for each of its fields. What is typed there
// stands in the prompt at once; the prompt itself stays free to be changed by hand, which ends the fields.

import { escapeHtml, find, findAll, loadStyle, need, on } from "../dom.js";

/** `[name: example]` or `[name]`; `ui/prompt_templates.py` reads the same. */
const FIELD = /\[([^[\]:：\n]{1,60})(?:[:：] ?([^[\]\n]*))?\]/g;
const SHORTEST = "0000"; // what an input has room for at least
const styled = loadStyle("fields.css");
const OPENS = /[“"'‘「『（(《]$/; // stays on the line of the field after it
const CLOSES = /^[”"'’」』）)》，。、,.;:!?]+/; // stays on the line of the field before it

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
    const end = field.index + field[0].length;
    const opens = text.slice(from, field.index).match(OPENS)?.[0] ?? "";
    const closes = text.slice(end).match(CLOSES)?.[0] ?? "";
    html += `${escapeHtml(text.slice(from, field.index - opens.length))}<span>${escapeHtml(opens)}`;
    html += seen.has(name)
      ? `<i data-same="${said}">${value || said}</i>`
      : `<input type="text" data-field="${said}" aria-label="${said}" title="${said}" placeholder="${said}" value="${value}" autocomplete="off" spellcheck="false">`;
    html += `${escapeHtml(closes)}</span>`;
    seen.add(name);
    from = end + closes.length;
  }
  return html + escapeHtml(text.slice(from));
};

const ruler = document.createElement("canvas").getContext("2d");

/** Makes an input as wide as what stands in it, in the size of its letters: that may change.
 * @param {HTMLInputElement} input
 */
const fit = (input) => {
  if (!ruler) return;
  const { fontWeight, fontSize, fontFamily } = getComputedStyle(input);
  ruler.font = `${fontWeight} ${fontSize} ${fontFamily}`; // "font" itself is empty where one part is special
  const widths = [input.value || input.placeholder, SHORTEST].map((text) => ruler.measureText(text).width);
  input.style.width = `calc(${(Math.max(...widths) / Number.parseFloat(fontSize)).toFixed(3)}em + 18px)`;
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
    const field = /** @type {HTMLInputElement} */ (event.target);
    const at = event.isComposing || event.keyCode === 229 ? -1 : inputs.indexOf(field);
    // Enter goes on to the next field, and from the last to Generate, which it does not press.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && at >= 0) {
      event.preventDefault();
      (inputs[at + 1] ?? need("#go")).focus();
    }
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close(true);
  });
  need("#promptbox").before(line);
  styled.catch(() => null).then(() => inputs.forEach(fit));
  document.addEventListener("input", onInput, true);
  write(filled(text, values));
  inputs[0]?.focus();
};

// Another prompt comes from elsewhere.
on(document, "click", "[data-fills-form], [data-undo]", () => close());
