// What a picture of a tray is for: its role, a sentence of the prompt. Nothing else keeps it, so what is chosen is
// seen, can be changed by hand, is sent as it stands, and comes back with the prompt.

import { fill, find, findAll } from "./dom.js";

/** Roles in the order of the menu; their words are `tray.role_<name>` and `tray.role_<name>_says`. */
export const ROLES = ["subject", "style", "background", "product", "pose", "text"];

/** @typedef {import("./tray.js").Tray} Tray */

const HAN = /[㐀-鿿]/;

export const promptOf = () => {
  const prompt = find("#prompt textarea");
  return prompt instanceof HTMLTextAreaElement ? prompt : null;
};

const quoted = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Every sentence that gives a role, in any language, with the number of its picture.
 * @param {Tray} tray
 * @returns {[string, RegExp][]}
 */
const sentences = ({ facts }) =>
  Object.values(facts.words).flatMap((words) =>
    ROLES.map((role) => {
      const [before = "", after = ""] = (words[`role_${role}_says`] ?? "").split("{number}").map(quoted);
      return /** @type {[string, RegExp]} */ ([role, new RegExp(`[ \\n]*${before}(\\d+)${after}`, "g")]);
    }),
  );

/** The role of each picture, by the prompt; "" for none.
 * @param {Tray} tray
 */
export const rolesOf = (tray) => {
  const prompt = promptOf()?.value ?? "";
  const roles = tray.items.map(() => "");
  for (const [role, sentence] of sentences(tray))
    for (const [, number] of prompt.matchAll(sentence))
      if (Number(number) <= roles.length) roles[Number(number) - 1] = role;
  return roles;
};

/** The prompt without the sentences that give roles.
 * @param {Tray} tray
 */
export const withoutRoles = (tray) =>
  sentences(tray).reduce((text, [, sentence]) => text.replace(sentence, ""), promptOf()?.value ?? "");

/** Writes the roles at the end of the prompt, in its language, or the page's where it says nothing yet.
 * @param {Tray} tray
 * @param {string[]} roles
 */
export const writeRoles = (tray, roles) => {
  const prompt = promptOf();
  if (!prompt) return;
  const rest = withoutRoles(tray).trimEnd();
  const written = HAN.test(rest) ? "zh" : /[a-z]/i.test(rest) ? "en" : "";
  const words = tray.facts.words[written];
  const said = roles.flatMap((role, at) => {
    const name = `role_${role}_says`;
    if (!role) return [];
    return words ? fill(words[name] ?? "", { number: at + 1 }) : tray.say(name, { number: at + 1 });
  });
  const text = [rest, said.join(HAN.test(said.join("")) ? "" : " ")].filter(Boolean).join("\n");
  if (text === prompt.value) return;
  prompt.value = text;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
};

/** Shows at each picture the role that the prompt gives it.
 * @param {Tray} tray
 */
export const showRoles = (tray) => {
  const menus = /** @type {HTMLSelectElement[]} */ (findAll("select[data-role]", tray.element));
  const roles = menus.length ? rolesOf(tray) : [];
  menus.forEach((menu, at) => {
    if (menu.value !== roles[at]) menu.value = roles[at] ?? "";
  });
};
