// The HTML of a tray. Everything that comes from a file's name is escaped.

import { escapeHtml } from "./dom.js";
import { extensionHtml } from "./tray_extend.js";
import { ROLES } from "./tray_roles.js";

const FEW = 7; // pictures that have room beside each other with their names; more are smaller

/** @typedef {import("./tray.js").Tray} Tray */
/** @typedef {import("./tray.js").Item} Item */

/** A long name is cut in its middle: what tells two pictures apart is often at its end.
 * @param {string} name
 */
const inTwoParts = (name) => {
  const letters = [...name];
  const tail = letters.splice(Math.max(0, letters.length - 8)).join("");
  return `<bdi class="head">${escapeHtml(letters.join(""))}</bdi><bdi>${escapeHtml(tail)}</bdi>`;
};

/** Fingers cannot drag here: two small arrows do what the arrow keys do.
 * @param {Tray} tray
 * @param {number} number
 * @param {number} step
 */
const arrow = (tray, number, step) => {
  const place = number + step;
  if (tray.isSingle || place < 1 || place > tray.items.length) return "";
  const label = escapeHtml(tray.say("move", { number, place }));
  return `<button type="button" data-step="${step}" aria-label="${label}">${step < 0 ? "‹" : "›"}</button>`;
};

/** What the picture is for; where it is the only one, that is plain.
 * @param {Tray} tray
 * @param {number} number
 */
const roleMenu = (tray, number) => {
  if (tray.isSingle) return "";
  const options = ROLES.map(
    (role) => `<option value="${role}">${escapeHtml(tray.say(`role_${role}`))}</option>`,
  );
  const none = `<option value="">${escapeHtml(tray.say("role_none"))}</option>`;
  return `<select data-role aria-label="${escapeHtml(tray.say("role", { number }))}">${none}${options.join("")}</select>`;
};

/** What opens the board: in words where there is room for them.
 * @param {Tray} tray
 * @param {Item} item
 * @param {number} number
 */
const tools = (tray, { mask }, number) => {
  const over = escapeHtml(tray.say("draw_over", { number }));
  if (!tray.isSingle)
    return `<button type="button" class="pen ic ic-pen" data-draw aria-label="${over}" title="${over}"></button>`;
  const mark = escapeHtml(tray.say(mask ? "mark_again" : "mark"));
  const draw = escapeHtml(tray.say("draw_on"));
  return `<div class="pens"><button type="button" class="ic ic-brush" data-mark>${mark}</button><button type="button" class="ic ic-pen" data-draw>${draw}</button></div>`;
};

/** The marked region, over a picture.
 * @param {Tray} tray
 * @param {Item | undefined} mask
 */
const veil = (tray, mask) => {
  if (!mask) return "";
  const address = escapeHtml(tray.previews.get(mask.path ?? "") ?? mask.url ?? "");
  return `<i class="veil" style="-webkit-mask-image:url('${address}');mask-image:url('${address}')"></i>`;
};

/**
 * @param {Tray} tray
 * @param {Item} item
 * @param {number} number
 */
const picture = (tray, item, number) => {
  const name = escapeHtml(item.name);
  const label = escapeHtml(tray.say("picture", { number, name: item.name }));
  const address = escapeHtml(tray.previews.get(item.path ?? "") ?? item.url ?? "");
  return `<li draggable="true" data-place="${number - 1}">
    <button type="button" class="pic"${item.mask ? " data-masked" : ""} aria-label="${label}"><img src="${address}" alt="" draggable="false">${veil(tray, item.mask)}<span class="noview">${name}</span></button>
    <span class="moves">${arrow(tray, number, -1)}${arrow(tray, number, 1)}</span>
    <button type="button" class="x" aria-label="${escapeHtml(tray.say("remove", { number }))}">×</button>
    <div class="cap"><b>${number}</b><span title="${name}">${inTwoParts(item.name)}</span>${roleMenu(tray, number)}</div>${tools(tray, item, number)}</li>`;
};

const invitation = (/** @type {Tray} */ tray) => {
  const [title, how] = tray.isSingle ? ["edit_title", "how"] : ["compose_title", "compose_more"];
  const draw = `<button type="button" class="text-link" data-draw>${escapeHtml(tray.say("draw"))}</button>`;
  return `<button type="button" class="drop" data-add><b>${escapeHtml(tray.say(title, { min: tray.facts.fewest, max: tray.facts.most }))}</b><span>${escapeHtml(tray.say(how))}</span></button>${draw}`;
};

const pictures = (/** @type {Tray} */ tray) => {
  const { items, uploading, isSingle } = tray;
  const shown = items.map((item, index) => picture(tray, item, index + 1)).join("");
  const waiting = `<li class="uploading"><div class="pic" data-say>${escapeHtml(tray.say("uploading"))}</div></li>`;
  const hasRoom = !isSingle && items.length + uploading < tray.facts.most;
  const add = `<li><button type="button" class="addpic" data-add>${escapeHtml(tray.say("add"))}</button></li>`;
  const kind = isSingle ? " single" : items.length + uploading > FEW ? " many" : "";
  return `<ol class="tray${kind}">${shown}${waiting.repeat(uploading)}${hasRoom ? add : ""}</ol>`;
};

/** How many pictures there are, and a bar of the bytes that will go out, see `tray_check.js`. */
const budget = (/** @type {Tray} */ tray) => {
  const { items, facts } = tray;
  const count = escapeHtml(tray.say("count", { count: items.length, max: facts.most }));
  const first = tray.isSingle ? "" : `<span>${count}</span>`;
  const hasRoom = !tray.isSingle && tray.room > 0;
  const draw = `<button type="button" class="text-link" data-draw>${escapeHtml(tray.say("draw"))}</button>`;
  return `<div class="budget">${first}<i data-budget></i><span data-bytes></span>${hasRoom ? draw : ""}</div>`;
};

/** Whether all around the marked region stays as it is, whatever comes.
 * @param {Tray} tray
 */
const lock = (tray) => {
  const mask = tray.isSingle && tray.items[0]?.mask;
  if (!mask) return "";
  const [name, hint] = [escapeHtml(tray.say("locked")), escapeHtml(tray.say("locked_hint"))];
  return `<label class="lock"><input type="checkbox" data-lock${mask.keep === false ? "" : " checked"}><span>${name} <small>${hint}</small></span></label>`;
};

/** The whole tray: an invitation while it is empty, or else its pictures.
 * @param {Tray} tray
 */
export const trayHtml = (tray) => {
  const isEmpty = !tray.items.length && !tray.uploading;
  const body = isEmpty ? invitation(tray) : pictures(tray) + budget(tray);
  return `<div class="trayhost">${body}${isEmpty ? "" : extensionHtml(tray)}<p class="marked"></p>${lock(tray)}<p class="said" data-say>${escapeHtml(tray.note)}</p><p class="lint"></p></div>`;
};
