// What a running job and its result do in the browser: clocks, progress, numbers of pictures, details, copying.

import { announce, escapeHtml, find, findAll, findLive, need, on } from "./dom.js";

/* ── clocks tick here; the server only tells of real changes ── */

/** When something began or ends, and for which job: a changed view may keep the elements of the last one.
 * @type {WeakMap<HTMLElement, { job: string, at: number }>}
 */
const moments = new WeakMap();

/** The moment that belongs to an element, noted when it is first seen for a job.
 * @param {HTMLElement} element
 * @param {string} job
 * @param {number} seconds from now
 */
const momentOf = (element, job, seconds) => {
  let moment = moments.get(element);
  if (!moment || moment.job !== job) {
    moment = { job, at: performance.now() + 1000 * seconds };
    moments.set(element, moment);
  }
  return moment.at;
};

const secondsLeft = (/** @type {HTMLElement} */ element, /** @type {string | undefined} */ delay) => {
  const end = momentOf(element, element.dataset.job ?? "", Number(delay));
  return Math.max(0, Math.ceil((end - performance.now()) / 1000));
};

const tickClock = (/** @type {HTMLElement} */ clock) => {
  const start = momentOf(clock, clock.dataset.started ?? "", -Number(clock.dataset.elapsed || 0));
  const seconds = (performance.now() - start) / 1000;
  const number = find(".now", clock);
  if (number) number.textContent = seconds.toFixed(1);
  const ruler = clock.parentElement && find(".ruler", clock.parentElement);
  if (!ruler) return;
  const max = Math.max(Number(ruler.dataset.max), Math.ceil(seconds / 12) * 12);
  ruler.style.setProperty("--max", String(max));
  ruler.style.setProperty("--now", Math.min(seconds, max).toFixed(2));
};

/** Tells a moment in the time zone of whoever reads it; the server knows only its own.
 * @param {HTMLElement} time
 */
const tellInOwnZone = (time) => {
  const at = new Date(time.getAttribute("datetime") ?? "");
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  time.textContent = at.toLocaleString(document.documentElement.lang, {
    ...{ year, month: "long", day: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  time.removeAttribute("data-local");
};

const tick = () => {
  findLive("time[data-local]").forEach(tellInOwnZone);
  findLive("[data-started]").forEach(tickClock);
  for (const count of findLive("[data-wait]")) {
    const left = String(secondsLeft(count, count.dataset.wait));
    if (count.textContent !== left) count.textContent = left;
  }
  for (const button of findLive("button[data-after]"))
    button.toggleAttribute("disabled", secondsLeft(button, button.dataset.after) > 0);
};

/* ── progress: the server's words, put into the view of the job while it stands there ── */

/** @param {{ job: string, line: string, calls: Record<string, string>, thoughts: string }} progress */
export const showProgress = ({ job, line, calls, thoughts }) => {
  const view = findAll("[data-job]").find(
    (one) => one.dataset.state === "running" && one.dataset.job === job,
  );
  if (!view) return;
  const put = (/** @type {string} */ selector, /** @type {string} */ html) => {
    const place = find(selector, view);
    if (place) place.innerHTML = html;
  };
  put(".phase", line);
  put(".thinking span", escapeHtml(thoughts));
  find(".thinking", view)?.toggleAttribute("hidden", !thoughts);
  for (const [number, html] of Object.entries(calls)) put(`[data-call="${number}"]`, html);
};

/* ── a result: one picture of several, its details, and copying ── */

const showPicture = (/** @type {HTMLElement} */ button) => {
  const result = button.closest("[data-result]") ?? document;
  const index = button.dataset.show;
  for (const part of findAll("[data-index]", result)) part.hidden = part.dataset.index !== index;
  for (const one of findAll("[data-show]", result))
    one.setAttribute("aria-pressed", String(one.dataset.show === index));
  for (const one of findAll("[data-number]", result))
    one.classList.toggle("chosen", one.dataset.number === index);
};

const toggleDetails = (/** @type {HTMLElement} */ button) => {
  const details = need(".details", button.closest("[data-index], #refused") ?? document);
  details.hidden = !details.hidden;
  button.setAttribute("aria-expanded", String(!details.hidden));
  if (!details.hidden) details.scrollIntoView({ block: "nearest" });
};

/** What stands on a button that tells what it did, and the timer that puts it back.
 * @type {WeakMap<HTMLElement, { label: string, timer: number }>}
 */
const told = new WeakMap();

/** Says for a moment on a button what became of its press.
 * @param {HTMLElement} button
 * @param {string} text
 */
const tellOn = (button, text) => {
  const { label, timer } = told.get(button) ?? { label: button.textContent, timer: 0 };
  button.textContent = text;
  announce(text);
  clearTimeout(timer);
  const restore = () => {
    button.textContent = label;
  };
  told.set(button, { label, timer: window.setTimeout(restore, 2500) });
};

/** What is at an address, as a clipboard takes it. @param {string} address */
const textAt = async (address) => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return new Blob([await response.text()], { type: "text/plain" });
};

/** Marks what is on the page and copies it: a page without https has no clipboard of its own.
 * @param {Node} place
 */
const copyMarked = (place) => {
  getSelection()?.selectAllChildren(place);
  document.execCommand("copy");
};

const copy = async (/** @type {HTMLElement} */ button) => {
  const section = button.closest(".copyable") ?? document;
  const whole = button.dataset.copy;
  try {
    if (whole) await navigator.clipboard.write([new ClipboardItem({ "text/plain": textAt(whole) })]);
    else await navigator.clipboard.writeText(need("pre", section).textContent);
  } catch {
    const link = whole && find("a[download]", section);
    if (link) return link.click(); // what is long is downloaded in its place
    copyMarked(need("pre", section));
  }
  tellOn(button, button.dataset.done ?? "");
};

/** Copies a text that the button carries. */
const copyText = async (/** @type {HTMLElement} */ button) => {
  const text = button.dataset.copyText ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const place = document.createElement("pre");
    place.textContent = text;
    document.body.append(place);
    copyMarked(place);
    place.remove();
  }
  tellOn(button, button.dataset.done ?? "");
};

/** All pictures of a result, packed. */
const downloadAll = async (/** @type {HTMLElement} */ button) => {
  const { packing = "", failed = "" } = button.parentElement?.dataset ?? {};
  const { requestZip } = await import("./history/files.js");
  const id = button.closest("[data-result]")?.getAttribute("data-result") ?? "";
  requestZip([id], (key) => tellOn(button, key === "packing" ? packing : failed));
};

setInterval(tick, 100);
on(document, "click", "[data-show]", showPicture);
on(document, "click", "[data-download-all]", downloadAll);
on(document, "click", "[data-copy]", copy);
on(document, "click", "[data-copy-text]", copyText);
on(document, "click", "[data-details]", toggleDetails);
