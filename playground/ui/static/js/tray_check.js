// What is told under a tray before anything is sent: what the prompt gets wrong about its pictures, how many bytes
// will go out, and which pictures are made smaller for it.

import { find, findAll } from "./dom.js";
import { showExtension } from "./tray_extend.js";
import { inRanges, MEGABYTE, numbersIn } from "./tray_files.js";
import { promptOf, showRoles } from "./tray_roles.js";

/** @typedef {import("./tray.js").Tray} Tray */

const ENGLISH = /\b(?:images?|pictures?|photos?)\s*\d/i;
const CHINESE = /(?:图片?|照片|第)\s*\d/;
const MIXED =
  /(?:图片?|照片|第)\s*(?:images?|pictures?|photos?)|(?:images?|pictures?|photos?)\s*(?:图|第|[一二三四五六七八九十])/i;

/** What model and provider take; the server says so at the price.
 * @returns {{ advised: number, pictures: number, pictureBytes: number, requestBytes: number, accepts: string, provider: string }}
 */
const limits = () => {
  const { dataset = {} } = find("#price-text") ?? {};
  const { advised, pictures, pictureBytes, requestBytes, accepts = "", provider = "" } = dataset;
  const known = (/** @type {string | undefined} */ text) => Number(text) || Number.POSITIVE_INFINITY;
  return {
    advised: known(advised),
    pictures: known(pictures),
    pictureBytes: known(pictureBytes),
    requestBytes: known(requestBytes),
    accepts,
    provider,
  };
};

/** Whether a provider takes an uploaded file as it is, by the end of its name.
 * @param {string} accepts
 * @param {string} [path]
 */
const isTaken = (accepts, path = "") => {
  const [, end = ""] = path.toLowerCase().match(/\.(\w+)$/) ?? [];
  return !end || accepts.split(" ").includes(`image/${end.replace(/^jpg$/, "jpeg")}`);
};

const inBody = (/** @type {number} */ bytes) => Math.ceil(bytes / 3) * 4; // as base64

/** What will go out: its bytes, and the numbers of the pictures that are made smaller or converted for it.
 * @param {Tray} tray
 */
const outgoing = ({ items }) => {
  const { pictureBytes, requestBytes, accepts, provider } = limits();
  const sizes = items.map(({ size = 0 }) => inBody(Math.min(size, pictureBytes)));
  const numbers = items.map((_, at) => at + 1);
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    limit: requestBytes,
    shrunk: numbers.filter((number) => (items[number - 1]?.size ?? 0) > pictureBytes),
    converted: numbers.filter((number) => !isTaken(accepts, items[number - 1]?.path)),
    pictureBytes,
    provider,
  };
};

const megabytes = (/** @type {number} */ bytes) =>
  Math.max(0.1, bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0);

/** Sentences about bytes.
 * @param {Tray} tray
 */
const aboutBytes = (tray) => {
  const { bytes, limit, shrunk, converted, pictureBytes, provider } = outgoing(tray);
  const facts = { provider, size: megabytes(bytes), limit: Math.round(limit / MEGABYTE) };
  const most = Math.round(pictureBytes / MEGABYTE);
  return [
    shrunk.length && tray.say("will_shrink", { number: inRanges(shrunk), limit: most }),
    converted.length && tray.say("will_convert", { number: inRanges(converted) }),
    bytes > limit && tray.say("too_much", facts),
  ];
};

/** Sentences about the names of pictures in the prompt.
 * @param {Tray} tray
 * @param {number[]} unused
 */
const aboutNames = (tray, unused) => {
  const prompt = promptOf()?.value ?? "";
  const count = tray.items.length;
  const absent = [...numbersIn(prompt)].filter((number) => number > count).sort((a, b) => a - b);
  const isMixed = MIXED.test(prompt) || (ENGLISH.test(prompt) && CHINESE.test(prompt));
  return [
    absent.length && tray.say("absent", { number: inRanges(absent), count }),
    unused.length && tray.say("unmentioned", { number: inRanges(unused) }),
    isMixed && tray.say("mixed"),
    count > limits().advised && tray.say("advised", { count, max: limits().advised }),
  ];
};

/** Pictures that a prompt does not mention although it mentions others by their number.
 * @param {Tray} tray
 */
const unmentioned = ({ items }) => {
  const mentioned = numbersIn(promptOf()?.value ?? "");
  const numbers = mentioned.size ? items.map((_, at) => at + 1) : [];
  return numbers.filter((number) => !mentioned.has(number));
};

/** @param {Tray} tray */
const showBytes = (tray) => {
  const place = find("[data-budget]", tray.element);
  if (!place) return;
  const { bytes, limit } = outgoing(tray);
  const isKnown = Number.isFinite(limit);
  place.style.setProperty("--used", isKnown ? `${Math.min(100, (100 * bytes) / limit)}%` : "0%");
  const size = isKnown
    ? tray.say("bytes", { size: megabytes(bytes), limit: Math.round(limit / MEGABYTE) })
    : tray.say("size", { size: megabytes(bytes) });
  tell(find("[data-bytes]", tray.element), size);
};

/** What a marked region brings along.
 * @param {Tray} tray
 */
const aboutMask = (tray) => {
  if (find("[data-extended]", tray.element))
    return tray.say(limits().pictures > 1 ? "extended" : "extended_in_words");
  if (!tray.isSingle || !tray.items[0]?.mask) return "";
  return tray.say(limits().pictures > 1 ? "marked" : "marked_in_words");
};

/** Writes a text into its place, unless it stands there.
 * @param {Element | null} place
 * @param {string} text
 */
const tell = (place, text) => {
  if (place && place.textContent !== text) place.textContent = text;
};

/** Tells all of it; called after each change of the page.
 * @param {Tray} tray
 */
export const check = (tray) => {
  const place = find(".lint", tray.element);
  if (!place) return;
  showRoles(tray);
  showBytes(tray);
  const unused = tray.isSingle ? [] : unmentioned(tray);
  for (const li of findAll("li[data-place]", tray.element))
    li.classList.toggle("unused", unused.includes(Number(li.dataset.place) + 1));
  const names = tray.isSingle || !tray.items.length ? [] : aboutNames(tray, unused);
  const text = [...names, ...aboutBytes(tray)].filter(Boolean).join(" ");
  tell(place, text);
  showExtension(tray);
  tell(find(".marked", tray.element), aboutMask(tray));
  find(".lock", tray.element)?.toggleAttribute("hidden", limits().pictures < 2);
};
