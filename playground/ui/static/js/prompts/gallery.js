// The gallery of templates: opened anew at each press, so that it speaks the page's language and knows all of the
// person's own prompts.

import { announce, escapeHtml, find, findAll, isNarrow, loadStyle, need, on } from "../dom.js";
import { rememberForm } from "../kept_form.js";
import { hasFields, show } from "./fields.js";
import { add, all } from "./store.js";

const MOST_OWN = 30;

const dialog = (/** @type {HTMLElement} */ element) =>
  /** @type {HTMLDialogElement} */ (need("dialog", element));

const own = () => all().filter(({ text }) => hasFields(text));

/** @param {HTMLElement} place */
const showOwn = (place) => {
  const rows = own()
    .slice(0, MOST_OWN)
    .map(({ text }) => {
      const said = escapeHtml(text);
      return `<li><button type="button" data-template="" data-text="${said}"><span>${said}</span></button></li>`;
    });
  need("ul.own", place).innerHTML = rows.join("");
};

/** Shows the templates with all words in them, and the groups of these.
 * @param {HTMLElement} place
 * @param {string} words
 */
const filter = (place, words) => {
  const wanted = words.toLowerCase().split(/\s+/);
  let count = 0;
  for (const section of findAll("section", place)) {
    const group = find("h3", section)?.textContent ?? "";
    let shown = 0;
    for (const row of findAll("li", section)) {
      const text = `${group} ${row.textContent} ${find("[data-text]", row)?.dataset.text}`.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    section.hidden = !shown && !("own" in section.dataset && !words);
    count += shown;
  }
  need(".none", place).hidden = count > 0;
};

/** Keeps what stands in the prompt, with a star, so that it is never forgotten.
 * @param {HTMLElement} place
 */
const keep = (place) => {
  const prompt = find("#prompt textarea");
  const text = prompt instanceof HTMLTextAreaElement ? prompt.value.trim() : "";
  const { kept = "", noFields = "" } = dialog(place).dataset;
  if (hasFields(text)) add([{ text, at: Date.now(), starred: true }]);
  need(".told", place).textContent = hasFields(text) ? kept : noFields;
  announce(hasFields(text) ? kept : noFields);
  showOwn(place);
};

let isMounted = false;

/** The dialog of templates; mounted once, it opens by itself whenever there is another.
 * @param {import("../dom.js").Piece} piece
 */
export const mount = async ({ element, trigger }) => {
  if (isMounted) return;
  isMounted = true;
  let opened = "";
  const open = () => {
    const mark = find("dialog", element)?.dataset.mark;
    if (!mark || mark === opened) return;
    opened = mark;
    showOwn(element);
    dialog(element).showModal();
    if (isNarrow()) need(".groups", element).focus(); // a phone's keyboard would cover them
  };
  on(element, "click", "[data-close]", () => dialog(element).close());
  on(element, "click", "dialog", (place, { target }) => target === place && dialog(element).close());
  on(element, "click", "[data-keep]", () => keep(element));
  on(element, "input", "input[type=search]", (input) =>
    filter(element, /** @type {HTMLInputElement} */ (input).value.trim()),
  );
  on(element, "click", "[data-template]", ({ dataset: { template = "", text = "" } }) => {
    dialog(element).close();
    rememberForm();
    show(text);
    trigger("template", { template });
  });
  await loadStyle("templates.css");
  open();
  // An answer brings another one, or only another mark for the one that is there.
  new MutationObserver(open).observe(element, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-mark"],
  });
};
