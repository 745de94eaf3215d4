// The line to the server: notices when it is lost and when it is back, and says so under Generate.

import { find, findAll } from "./dom.js";

/** What the page knows of the line. "unsure": something failed just now, and it is being looked after.
 * "renewed": the server answers, but it is another release, which this page cannot speak with. "locked": it wants
 * the operator's password again. In both, nothing but loading the page anew helps.
 * @typedef {"there" | "unsure" | "lost" | "renewed" | "locked"} State
 */

const FIRST_PAUSE = 1000; // milliseconds between two looks after a lost server; each pause is longer
const LONGEST_PAUSE = 8000;
const PATIENCE = 5000; // milliseconds that one look may take
const LONGEST_CROWD = 60_000; // milliseconds for which a refusal stands there at most
const SAID_FOR = 6000; // milliseconds for which "it is back" stands there

/** The browser's own, before Gradio's requests are looked after. */
export const plainFetch = window.fetch.bind(window);

/** @type {State} */
let state = "there";
let hasPressed = false;
let isCrowded = false;
let wasTold = false;
let isLeaving = false;
let pause = FIRST_PAUSE;
/** @type {number | undefined} */
let nextLook;
/** @type {number | undefined} */
let silence;
/** @type {(() => void)[]} */
const returns = [];

export const isThere = () => state === "there" || state === "unsure";

/** Calls a function each time the line has been broken and is there again.
 * @param {() => void} react
 */
export const whenBack = (react) => returns.push(react);

const lineNow = () => {
  if (state === "there" && isCrowded) return "crowded";
  if (state === "there") return wasTold ? "back" : "";
  if (state === "unsure" && !wasTold) return "";
  if (state === "renewed" || state === "locked") return state;
  if (hasPressed) return "unsent";
  return navigator.onLine ? "silent" : "offline";
};

/** @type {number | undefined} */
let crowd;
let crowdSeconds = 0;

/** How far away a moment is, as people say it: "in 2 minutes", "1小时后".
 * @param {number} seconds
 */
const until = (seconds) => {
  const say = new Intl.RelativeTimeFormat(document.documentElement.lang);
  if (seconds < 90) return say.format(Math.ceil(seconds), "second");
  return seconds < 5400
    ? say.format(Math.ceil(seconds / 60), "minute")
    : say.format(Math.ceil(seconds / 3600), "hour");
};

/** The server has refused something because it was too much, and says when there is room again.
 * @param {Response} answer
 */
export const sayCrowded = (answer) => {
  const seconds = Number(answer.headers.get("retry-after")) || 0;
  crowdSeconds = seconds;
  isCrowded = true;
  clearTimeout(crowd);
  crowd = window.setTimeout(
    () => {
      isCrowded = false;
      showLine();
    },
    Math.min(Math.max(seconds * 1000, SAID_FOR), LONGEST_CROWD),
  );
  showLine();
};

/** Shows the one line that is true; called again whenever the server or the language has written them anew, which
 * is after each change of the page: what is true already is not written again, or that would be the next change.
 */
export const showLine = () => {
  const place = find("#connection-line");
  if (!place) return;
  const now = lineNow();
  const when = isCrowded ? until(crowdSeconds) : "";
  for (const line of findAll("[data-until]", place)) if (line.textContent !== when) line.textContent = when;
  for (const line of findAll("[data-when]", place)) {
    const isHidden = line.dataset.when !== now;
    if (line.hidden !== isHidden) line.hidden = isHidden;
  }
};

const become = (/** @type {State} */ now) => {
  state = now;
  if (now !== "there" && now !== "unsure") wasTold = true;
  clearTimeout(silence);
  if (now === "there") {
    hasPressed = false;
    silence = window.setTimeout(() => {
      wasTold = false;
      showLine();
    }, SAID_FOR);
  }
  showLine();
};

/** Whether the server answers, and as the one that made this page: the address of this module names its release. */
const look = async () => {
  /** @type {RequestInit} */
  const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  const health = await plainFetch("health", options);
  if (!health.ok || (await health.json()).status !== "ok") return "lost";
  const same = await plainFetch(import.meta.url, { ...options, method: "HEAD" });
  return same.ok ? "there" : "renewed";
};

let isLooking = false;

/** Looks after the server now, and again later while it is away. */
export const lookAfter = async () => {
  if (isLooking || isLeaving || state === "there" || state === "locked") return;
  isLooking = true;
  clearTimeout(nextLook);
  /** @type {"there" | "lost" | "renewed"} */
  const found = await look().catch(() => "lost");
  isLooking = false;
  if (isLeaving) return;
  become(found);
  if (found === "there") {
    pause = FIRST_PAUSE;
    for (const react of returns) react();
  } else {
    nextLook = window.setTimeout(lookAfter, pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
};

/** Something that goes over the line has failed. */
export const suspect = () => {
  if (isLeaving) return;
  if (state === "there") become("unsure");
  lookAfter();
};

/** The server wants the operator's password, which this page had been opened with. */
export const sayLocked = () => become("locked");

/** A press could not be sent: it says so, and nothing is sent later in its place. */
export const sayUnsent = () => {
  hasPressed = true;
  showLine();
  lookAfter();
};

// What the browser says of its network is a hint and no more: a server on this machine needs none.
const onHint = () => {
  pause = FIRST_PAUSE;
  suspect();
};

/** Pictures that did not load while the line was broken are loaded now. */
const mendPictures = () => {
  for (const one of document.images) if (one.complete && !one.naturalWidth && one.src) one.src = `${one.src}`;
};

/** Listens to what the browser knows of its network. */
export const listenToNetwork = () => {
  window.addEventListener("offline", onHint);
  window.addEventListener("online", onHint);
  window.addEventListener("online", mendPictures);
  whenBack(mendPictures);
  document.addEventListener("visibilitychange", () => document.hidden || lookAfter());
  window.addEventListener("pagehide", () => {
    isLeaving = true;
  });
  window.addEventListener("pageshow", (event) => {
    isLeaving = false;
    if (event.persisted) onHint();
  });
};
