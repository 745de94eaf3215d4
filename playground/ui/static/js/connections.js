// Connections that were looked at are kept in this browser by their address: name, address, way of the key and
// what was found. Never the key. Loaded when the connection's panel is first opened.

import { find, memory, need, on, watchPage } from "./dom.js";
import { holdsKey } from "./kept_form.js";

/** @typedef {{ name: string, provider: string, base_url: string, auth: string, model: string, quirks: object }} Kept */

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
  write([{ ...fresh, name: same?.name ?? fresh.name, quirks }, ...others]);
};

/** The list of kept connections, by whose names one switches.
 * @param {import("./dom.js").Piece} piece
 */
export const mount = ({ element, trigger }) => {
  const section = need(".kept", element);
  const list = need("ul", section);

  const show = () => {
    const template = section.querySelector("template");
    section.hidden = read().length === 0;
    list.replaceChildren();
    for (const { name, base_url } of read()) {
      const row = /** @type {HTMLElement} */ (template?.content.firstElementChild?.cloneNode(true));
      const field = /** @type {HTMLInputElement} */ (need("input", row));
      field.value = name;
      field.title = base_url;
      row.dataset.address = base_url;
      list.append(row);
    }
  };

  /** @param {HTMLElement} inside */
  const addressOf = (inside) => inside.closest("li")?.dataset.address;

  on(element, "click", "[data-take]", (button) => {
    const wanted = read().find(({ base_url }) => base_url === addressOf(button));
    if (wanted) trigger("connect", { ...wanted, quirks: undefined });
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
    if (told === seen) return;
    seen = told;
    if (told) keep(JSON.parse(told));
    show();
  });
  show();
};
