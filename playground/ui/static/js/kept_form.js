// What was typed survives a reload and a restart of the browser: the form without its key, kept in this browser
// only. Each tab keeps its own; a new tab begins with what was typed last in any.

import { find, on } from "./dom.js";

/** The form's values by the names of its widgets; the key is not among them.
 * @typedef {Record<string, unknown>} Form
 */

const NAME = "playground.form";
const AWAITED = "playground.awaited";
const VERSION = 1;
const MOST = 200_000; // characters of what is kept
const PAUSE = 400; // milliseconds without a change after which it is kept

/** @type {Form | null} */
let form = null;
/** Id of the job that this tab has seen running, or found awaited. */
let awaited = "";
/** What this tab has kept for all, or found kept. */
let known = "";
/** What is typed before the kept form is back. */
let typed = "";
/** The form before it was filled in by a press, and what that press wrote into the prompt.
 * @type {{ form: Form, prompt: string | null } | null} */
let replaced = null;
/** @type {number | undefined} */
let planned;

/** Does something with both storages; where storage is off, nothing is kept. */
const withStorages = (/** @type {(storage: Storage, isOwn: boolean) => void} */ work) => {
  try {
    work(sessionStorage, true);
    work(localStorage, false);
  } catch {
    // storage is off or full
  }
};

/** An address without anything that could be a secret: no name, no password, no query. */
const bareAddress = (/** @type {string} */ address) => {
  try {
    const url = new URL(address);
    return url.origin === "null" ? "" : url.origin + url.pathname;
  } catch {
    return /[@?#]/.test(address) ? "" : address;
  }
};

/** Whether the key that is typed in its field stands in another value, too. */
export const holdsKey = (/** @type {unknown} */ value) => {
  const field = find("#key input");
  const key = field instanceof HTMLInputElement ? field.value.trim() : "";
  return key !== "" && JSON.stringify(value ?? "").includes(key);
};

/** A form as it may be kept: a key that was pasted into another field stays out of it. */
const withoutSecrets = (/** @type {Form} */ values) => {
  const bare = { ...values, base_url: bareAddress(String(values.base_url ?? "")) };
  const safe = Object.entries(bare).filter(([, value]) => !holdsKey(value));
  return Object.fromEntries(safe);
};

const runningJob = () => find("#stage [data-state=running]")?.dataset.job ?? "";
const shownJob = () => find("#stage [data-result]")?.dataset.result || runningJob();

/** Remembers for all tabs a job whose end nobody has seen yet. */
const remember = (/** @type {Storage} */ storage) => {
  const running = runningJob();
  if (running) storage.setItem(AWAITED, running);
  else if (storage.getItem(AWAITED) === awaited) storage.removeItem(AWAITED);
  awaited = running || awaited;
};

const textOf = (/** @type {Form} */ values, /** @type {object} */ more = {}) =>
  JSON.stringify({ version: VERSION, form: withoutSecrets(values), ...more });

/** The form as it stands, as JSON; "" before it is known. */
export const formNow = () => (form ? textOf(form) : "");

/** Keeps the form now. For other tabs only where it has changed: what was typed last, in any of them, counts. */
export const write = () => {
  clearTimeout(planned);
  if (!form) return;
  const own = textOf(form, { shown: shownJob() });
  const text = textOf(form);
  const put = (/** @type {Storage} */ storage, /** @type {string} */ kept) =>
    kept.length <= MOST ? storage.setItem(NAME, kept) : storage.removeItem(NAME);
  withStorages((storage, isOwn) => {
    if (isOwn) put(storage, own);
    else remember(storage);
    if (!isOwn && text !== known) put(storage, text);
  });
  known = text;
};

/** What this tab has kept, or else what any has; "" for nothing. A reload knows what was shown, and a new visit
 * the job that ran when the last one ended.
 */
export const read = () => {
  let found = "";
  withStorages((storage) => {
    found ||= storage.getItem(NAME) ?? "";
    awaited = storage.getItem(AWAITED) ?? "";
  });
  try {
    return JSON.stringify({ shown: awaited, ...JSON.parse(found), awaited });
  } catch {
    return ""; // nothing, or nothing of ours
  }
};

/** Takes note of the form when the server has put back what was kept; what was typed before that stays.
 * @param {string[]} names @param {unknown[]} values
 */
export const note = (names, ...values) => {
  if (typed)
    requestAnimationFrame(() => {
      const prompt = find("#prompt textarea");
      if (prompt instanceof HTMLTextAreaElement && prompt.value !== typed) say(prompt, typed);
    });
  form = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  known = textOf(form);
  write();
  document.dispatchEvent(new Event("playground:known"));
};

/** Keeps the form after each change. What Gradio says before the first note is an empty form.
 * @param {string[]} names @param {unknown[]} values
 */
export const keep = (names, ...values) => {
  if (!form) return;
  form = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  if (replaced && replaced.prompt === null && form.prompt !== replaced.form.prompt)
    replaced.prompt = String(form.prompt ?? "");
  document.dispatchEvent(new Event("playground:changed"));
  clearTimeout(planned);
  planned = window.setTimeout(write, PAUSE);
};

const say = (/** @type {HTMLTextAreaElement} */ prompt, /** @type {string} */ text) => {
  prompt.value = text;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
};

/** Requests that went on from a picture have brought the next: what was said there makes room in the prompt. Done
 * here, where nothing that is typed meanwhile can be lost.
 * @param {string} json see `Watching.turns`
 */
export const turned = (json) => {
  const prompt = find("#prompt textarea");
  if (!json || !(prompt instanceof HTMLTextAreaElement)) return;
  // Whether the form has gone on to the next picture yet is a matter of milliseconds.
  for (const { from, to, prompt: said } of JSON.parse(json))
    if ([from, to].includes(form?.continues) && said.trim() === prompt.value.trim()) say(prompt, "");
};

/** The next thing that fills in the form can be taken back. */
export const rememberForm = () => {
  if (form) replaced = { form, prompt: null };
};

/** Ctrl+Z in a prompt that a press has filled in brings back the form before, until something is typed.
 * @param {KeyboardEvent} event
 * @param {import("./dom.js").Piece} piece
 */
const onKey = (event, { element }) => {
  const { target } = event;
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  const undo = find("[data-undo]", element);
  if (!undo || !(target instanceof HTMLTextAreaElement) || target.value !== replaced?.prompt) return;
  if (!target.closest("#prompt")) return;
  event.preventDefault();
  undo.click();
};

/** The line above the prompt that says what has become of the form, and takes a filling-in back.
 * @param {import("./dom.js").Piece} piece
 */
export const formNotice = (piece) => {
  const { element, trigger } = piece;
  on(element, "click", "[data-undo]", () => {
    if (replaced) trigger("restore", { kept: JSON.stringify({ version: VERSION, form: replaced.form }) });
    replaced = null;
  });
  on(document, "click", "#go", () => {
    element.innerHTML = "";
  });
  document.addEventListener("keydown", (event) => onKey(event, piece), true);
};

/** Listens for the moment at which the page may go, and to what is typed before it is whole. */
export const listenForLeaving = () => {
  on(document, "input", "#prompt textarea", (prompt) => {
    if (!form && prompt instanceof HTMLTextAreaElement) typed = prompt.value;
  });
  window.addEventListener("pagehide", write);
  document.addEventListener("visibilitychange", () => document.hidden && write());
};
