// Small tools over the browser: elements, texts, what it remembers, and what changes by itself.

/** A piece of our HTML, as Gradio hands it to the script when it stands on the page.
 * @typedef {object} Piece
 * @property {HTMLElement} element
 * @property {(event: string, data?: object) => void} trigger fires one of the piece's events at the server
 * @property {{ value: unknown }} props
 * @property {Record<string, (question: object) => Promise<Answer>>} server the questions that it may ask
 * @property {(file: File) => Promise<{ path: string, url: string }>} upload
 * @property {(property: string, react: () => void) => void} watch
 * @property {string[]} events names of the events that it may trigger
 */

/** What the server answers to a question of a piece; which of these there are depends on the question.
 * @typedef {object} Answer
 * @property {string} [failed] a sentence: why there is no answer
 * @property {string} [html]
 * @property {string} [said] a sentence in place of the HTML
 * @property {string} [text] a file that was opened, as text
 * @property {unknown} [next] where the next page of a list begins
 * @property {number | null} [total]
 * @property {boolean} [done]
 */

/** The first element of a selector, or null.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement | null}
 */
export const find = (selector, root = document) => root.querySelector(selector);

/** Every element of a selector, in the order of the page.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export const findAll = (selector, root = document) => Array.from(root.querySelectorAll(selector));

/** The element of a selector that has to be there.
 * @param {string} selector
 * @param {ParentNode} [root]
 */
export const need = (selector, root = document) => {
  const found = find(selector, root);
  if (!found) throw new Error(`The page lacks ${selector}`);
  return found;
};

/** Where an event happened: the innermost element of a selector around it, or null.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const around = (event, selector) =>
  event.target instanceof Element ? event.target.closest(selector) : null;

/** Calls a function for each event of a kind that happens within an element of a selector.
 * @param {EventTarget} place
 * @param {string} kind
 * @param {string} selector
 * @param {(element: HTMLElement, event: Event) => void} react
 * @param {boolean} [capture] before everything else that listens
 */
export const on = (place, kind, selector, react, capture = false) =>
  place.addEventListener(
    kind,
    (event) => {
      const element = around(event, selector);
      if (element) react(element, event);
    },
    capture,
  );

/** Whether an element is a button that may not be pressed now.
 * @param {Element | null} element
 */
export const isDisabled = (element) => element instanceof HTMLButtonElement && element.disabled;

/** A text as HTML that says just this text.
 * @param {unknown} text
 */
export const escapeHtml = (text) =>
  String(text).replace(/[&<>"'`$]/g, (character) => `&#${character.charCodeAt(0)};`);

/** A text with its {placeholders} filled in.
 * @param {string} text
 * @param {Record<string, unknown>} facts
 */
export const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));

export const isNarrow = () => matchMedia("(max-width: 56.25em)").matches;

/** @returns {ScrollBehavior} */
export const scrolling = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

/** What the browser remembers of this page's looks: theme, language and whether the settings are open. */
export const memory = {
  /** @param {string} name */
  get(name) {
    try {
      return localStorage.getItem(`playground.${name}`);
    } catch {
      return null; // storage is off
    }
  },
  /** @param {string} name @param {string} value */
  set(name, value) {
    try {
      localStorage.setItem(`playground.${name}`, value);
    } catch {
      // storage is off: nothing is remembered
    }
  },
};

/** @param {string} name */
const addStyle = (name) =>
  new Promise((resolve, reject) => {
    const href = new URL(`../${name}`, import.meta.url).href;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
    document.head.append(link);
  });

/** @type {Map<string, Promise<unknown>>} */
const styles = new Map();
/** Loads one of our style sheets, once; ends when it holds.
 * @param {string} name
 */
export const loadStyle = (name) => {
  const loading = styles.get(name) ?? addStyle(name);
  loading.catch(() => styles.delete(name));
  return styles.set(name, loading) && loading;
};

/* ── what changes on the page by itself, and telling screen readers of it ── */

/** Where the page changes by itself: everything but the history's list, which may have thousands of tiles. */
const LIVE = ["connect", "composer", "running-notice", "stage"];

/** Every element of a selector in the parts of the page that change by themselves.
 * @param {string} selector
 */
export const findLive = (selector) => {
  const places = [
    ...LIVE.map((id) => document.getElementById(id)),
    ...document.getElementsByClassName("detail-view"),
  ];
  return places.flatMap((place) => (place ? findAll(selector, place) : []));
};

/** Whether a change is one of the history's tiles: there may be thousands, and nothing else hangs on them.
 * @param {MutationRecord} change
 */
const isAmongTiles = ({ target }) =>
  target instanceof Element && target.closest("#history, .detail-view")?.id === "history";

/** Calls a function after each change of the page.
 * @param {() => void} react
 */
export const watchPage = (react) =>
  new MutationObserver((changes) => changes.every(isAmongTiles) || react()).observe(document.body, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["name", "class", "hidden", "data-page"],
  });

// One permanent place for screen readers: parts of the page come and go, and what a new part says at its
// birth is often missed.
const status = document.createElement("div");
status.id = "live";
status.className = "unseen";
status.setAttribute("role", "status");

/** Has screen readers read a text out.
 * @param {string} text
 */
export const announce = (text) => {
  if (status.textContent !== text) status.textContent = text;
};

/** @type {string[] | null} */
let read = null;

/** Has every visible [data-say] read out that is new since the last call. */
export const announceNews = () => {
  if (!status.isConnected) document.body.append(status);
  const shown = findLive("[data-say]").filter((part) => part.offsetParent);
  const now = shown.map((part) => part.dataset.say || part.textContent.trim());
  const before = read;
  const news = before === null ? [] : now.filter((text) => text && !before.includes(text));
  read = now;
  if (news.length) announce(news.join(" "));
};
