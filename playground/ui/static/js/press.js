// One press of Generate is one job, and a press without a line to the server is none.

import { isThere, sayUnsent, showLine, whenBack } from "./connection.js";
import { find, findAll, on } from "./dom.js";
import { holdsKey } from "./kept_form.js";

const PATIENCE = 20_000; // milliseconds after which a press that nobody has answered no longer counts

/** The trays of pictures that stand on the page.
 * @type {Set<import("./tray.js").Tray>}
 */
export const trays = new Set();

/** The press that the server has not answered yet.
 * @type {{ token: string, at: number } | null}
 */
let press = null;
let pressWaits = false;
let isTurning = false;
const LONGEST_TURN = 5000; // milliseconds

const unguessable = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

/** Names the press of Generate or Again that is under way: the server starts one job for it. */
export const token = () => press?.token ?? unguessable();

/** The button answers before the server does. Returns the token of the press. */
export const pressed = () => {
  const go = find("#go");
  go?.classList.add("pressed");
  setTimeout(() => go?.classList.remove("pressed"), 1500);
  return token();
};

/** Goes to the field that has to be filled in first, if the server said so: a phone may show another part. */
const goToWhatLacks = () => {
  const lacks = find("#form-notice [data-lacks]")?.dataset.lacks;
  if (lacks === "prompt") find("#prompt textarea")?.focus();
  else if (lacks)
    findAll("[data-add]")
      .find((one) => one.offsetParent)
      ?.focus();
};

/** The server has answered a press, or it is known that it was never sent: the next one is a new one.
 * @param {string} [answer] see `Context.answered`
 */
export const settled = async (answer) => {
  const { token, prompt } = answer ? JSON.parse(answer) : { token: press?.token, prompt: "" };
  if (token === press?.token) press = null;
  requestAnimationFrame(goToWhatLacks);
  if (!prompt || holdsKey(prompt)) return;
  (await import("./prompts/store.js")).add([{ text: prompt, at: Date.now(), starred: false }]);
};

/** Trays whose script is on its way: what is in one of them is sent, and does not stand there yet. */
let undrawn = 0;
const isUndrawn = () => undrawn > 0 && findAll("[data-tray]").some((one) => one.offsetParent);

const isUploading = () => isUndrawn() || [...trays].some((tray) => tray.isBusy());

/** Presses Generate when somebody has done so while pictures were still on their way up. */
export const pressWhenUploaded = () => {
  if (!pressWaits || isUploading() || isTurning) return;
  pressWaits = false;
  find("#go")?.click();
};

/** @param {Event} event */
const swallow = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

/** While the server is there: what tells of a job has to be here when the line breaks under it. */
const loadWhatJobsNeed = () => {
  import("./result.js");
  import("./viewing.js");
};

// The second click of a double click is no press of its own.
const isRepeated = (/** @type {Event} */ event) => event instanceof MouseEvent && event.detail > 1;

const startPress = (/** @type {HTMLElement} */ _, /** @type {Event} */ event) => {
  if (!isThere()) {
    swallow(event);
    sayUnsent();
  } else if (isRepeated(event) || (press && performance.now() - press.at < PATIENCE)) swallow(event);
  else {
    press = { token: unguessable(), at: performance.now() };
    pressWaits = false; // what waits is this press, and no second one
    loadWhatJobsNeed();
  }
};

const waitForUploads = (/** @type {HTMLElement} */ _, /** @type {Event} */ event) => {
  if (!isUploading() && !isTurning) return;
  swallow(event);
  pressWaits = true;
};

/** Another tab takes up its own conversation: until it has, a press waits, or it would go on from the last one's.
 * @param {boolean} is
 */
export const turn = (is) => {
  isTurning = is;
  if (is) setTimeout(turn, LONGEST_TURN, false);
  else pressWhenUploaded();
};

/** Loads what follows the tabs at the first press: before it there is no conversation but that of a kept form.
 * @param {import("./dom.js").Piece} piece
 */
export const followTabs = (piece) => {
  let isSettled = false;
  /** @type {Promise<void> | undefined} */
  let loading;
  const load = () => {
    loading ??= import("./conversation.js")
      .then(({ followTabs }) => followTabs(piece))
      .finally(() => {
        isSettled = true; // a script that did not come locks no tab
      });
    return loading;
  };
  // A tab that is pressed before that: the conversation has to be put aside first.
  const wait = async (/** @type {HTMLElement} */ tab, /** @type {Event} */ event) => {
    if (isSettled || !find("#continuing-notice [aria-pressed=true]")) return;
    swallow(event);
    await load().finally(() => tab.click());
  };
  on(document, "click", "#tabs [role=tab]", wait, true);
  piece.watch("value", load);
  for (const press of ["pointerdown", "keydown"]) document.addEventListener(press, load, { once: true });
};

/** Listens to presses of Generate, and of all that starts a job. */
export const listenToPresses = () => {
  on(document, "click", "#go", waitForUploads, true);
  on(document, "click", "#go, [data-starts-job]", startPress, true);
  on(document, "keydown", "#go, [data-starts-job]", (_, event) => {
    if (event instanceof KeyboardEvent && event.repeat) event.preventDefault(); // a key that is held presses once
  });
};

/** The line that tells of the connection. When it was broken and is there again, the server is asked what has
 * become of the press that was on its way and of the job that ran. A press of which nobody knows whether it has
 * arrived stays the same press until then, so that it cannot become a second job.
 * @param {import("./dom.js").Piece} piece
 */
export const connectionLine = ({ element, trigger }) => {
  whenBack(() =>
    trigger("back", {
      token: press?.token ?? "",
      job: find("#stage [data-state=running]")?.dataset.job ?? "",
      shown: find("#stage [data-result]")?.dataset.result ?? "",
      away: find("#running-notice li") && !find("#stage [data-state=running]") ? "yes" : "",
    }),
  );
  on(element, "click", "[data-reload]", () => location.reload());
  showLine();
};

/** How far the calls of the running job have come. */
export const progress = async (/** @type {string} */ json) => {
  if (json) (await import("./result.js")).showProgress(JSON.parse(json));
};

/** A tray of pictures. */
export const tray = async (/** @type {import("./dom.js").Piece} */ piece) => {
  undrawn += 1;
  try {
    const { Tray } = await import("./tray.js");
    new Tray(piece);
  } finally {
    undrawn -= 1;
    pressWhenUploaded();
  }
};

/** The gallery of templates: its script is loaded once the server has put it on the page.
 * @param {import("./dom.js").Piece} piece
 */
export const templates = (piece) => {
  const load = async () => (await import("./prompts/gallery.js")).mount(piece);
  find("dialog", piece.element) ? load() : piece.watch("value", load);
};

/** The page's language, when it was opened and in which time zone, for what has been spent since and for
 * days and months of the calendar.
 * @param {string} language
 */
export const sinceOpened = (language) => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return [language, `${performance.timeOrigin} ${timeZone || ""}`];
};
