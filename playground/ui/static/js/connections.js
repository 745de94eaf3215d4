// Connections that were looked at are kept in this browser by their address: name, address, way of the key and
// what was found. Never the key. Loaded when the connection's panel is first opened.

import { find, memory, need, on, watchPage } from "./dom.js";
import { holdsKey } from "./kept_form.js";

/** @typedef {{ name: string, provider: string, base_url: string, auth: string, model: string, quirks: Record<string, unknown> }} Kept */

const MOST = 20;

/** @returns {Kept[]} */
const read = () => {
  try {
    const found = JSON.parse(memory.get("connections") ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one?.base_url === "string") : [];
  } catch {
    return []; // another release's, or somebody's
  }
};

/** @param {Kept[]} connections */
const write = (connections) => memory.set("connections", JSON.stringify(connections.slice(0, MOST)));

/** @param {Kept} fresh */
const keep = (fresh) => {
  if (holdsKey(fresh)) return; // it was pasted into the address, too
  const before = read();
  const same = before.find(({ base_url }) => base_url === fresh.base_url);
  const quirks = { ...same?.quirks, ...fresh.quirks };
  const others = before.filter((one) => one !== same);
  const kept = { ...fresh, name: same?.name ?? fresh.name, quirks };
  write([kept, ...others]);
  return kept;
};

/** What is not as it should be at a gateway, by the names of its words.
 * @param {Record<string, unknown>} quirks
 */
const oddities = (quirks = {}) => [
  `came_${quirks.came}`,
  ...["shape", "size", "declared", "streamed"]
    .filter((name) => quirks[name] === false)
    .map((name) => `${name}_no`),
];

/** A kept connection as the server takes it: an address, and what is not as it should be there, are one word.
 * @param {Kept} kept
 */
const sendable = (kept) => ({ ...kept, quirks: [kept.base_url, ...oddities(kept.quirks)].join(" ") });

/** The list of kept connections, by whose names one switches.
 * @param {import("./dom.js").Piece} piece
 */
export const mount = ({ element, trigger }) => {
  const show = () => {
    const section = need(".kept", element); // another one in each language
    const list = need("ul", section);
    const template = section.querySelector("template");
    /** @type {Record<string, string>} */
    const said = JSON.parse(section.dataset.quirks ?? "{}");
    const connections = read();
    section.hidden = connections.length === 0;
    section.dataset.shown = "";
    list.replaceChildren();
    for (const { name, base_url, quirks } of connections) {
      const row = /** @type {HTMLElement} */ (template?.content.firstElementChild?.cloneNode(true));
      const field = /** @type {HTMLInputElement} */ (need("input", row));
      field.value = name;
      field.title = base_url;
      row.dataset.address = base_url;
      need("small", row).textContent = oddities(quirks)
        .map((one) => said[one] ?? "")
        .filter(Boolean)
        .join(" ");
      list.append(row);
    }
  };

  /** @param {HTMLElement} inside */
  const addressOf = (inside) => inside.closest("li")?.dataset.address;

  on(element, "click", "[data-take]", (button) => {
    const wanted = read().find(({ base_url }) => base_url === addressOf(button));
    if (wanted) trigger("connect", sendable(wanted));
  });
  on(element, "click", "[data-forget]", (button) => {
    write(read().filter(({ base_url }) => base_url !== addressOf(button)));
    show();
  });
  on(element, "change", "input", (field) => {
    if (!(field instanceof HTMLInputElement) || holdsKey(field.value)) return show();
    const name = field.value.trim();
    write(
      read().map((one) => (one.base_url === addressOf(field) ? { ...one, name: name || one.name } : one)),
    );
  });

  let seen = "";
  watchPage(() => {
    const told = find("#connection-report [data-connection]")?.dataset.connection ?? "";
    const isShown = find(".kept[data-shown]", element) !== null;
    if (told === seen && isShown) return;
    if (told && told !== seen) {
      const fresh = JSON.parse(told);
      const kept = keep(fresh);
      // A free look says nothing of what one picture has shown before.
      if (kept && Object.keys(fresh.quirks).length === 0 && oddities(kept.quirks).length > 1)
        trigger("connect", sendable(kept));
    }
    seen = told;
    show();
  });
  show();
};
