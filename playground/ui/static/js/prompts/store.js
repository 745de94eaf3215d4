// The person's own prompts: all that were sent from this browser, kept in it alone. Starred ones stay.

import { memory } from "../dom.js";

/** @typedef {{ text: string, at: number, starred: boolean }} Prompt `at` in milliseconds since 1970 */

const NAME = "prompts";
const VERSION = 1;
const MOST = 200; // without a star
const MOST_CHARACTERS = 500_000; // of those, all together
const LONGEST = 100_000; // characters of one

/** @param {any} one */
const isPrompt = (one) =>
  typeof one?.text === "string" &&
  one.text.trim() !== "" &&
  one.text.length <= LONGEST &&
  Number.isFinite(one.at);

/** The prompts in a text of ours, or null where it is none.
 * @param {string} text
 * @returns {Prompt[] | null}
 */
export const parse = (text) => {
  try {
    const kept = JSON.parse(text);
    if (kept?.version !== VERSION || !Array.isArray(kept.prompts)) return null;
    return kept.prompts
      .filter(isPrompt)
      .map((/** @type {Prompt} */ { text, at, starred }) => ({ text, at, starred: starred === true }));
  } catch {
    return null;
  }
};

/** As one text, to be kept or saved as a file.
 * @param {Prompt[]} prompts
 */
export const written = (prompts) => JSON.stringify({ version: VERSION, prompts });

/** All of them, newest first. Another tab may have added some, so they are read anew each time. */
export const all = () => parse(memory.get(NAME) ?? "") ?? [];

/** Tells the page whether there are any. */
export const mark = () => document.documentElement.toggleAttribute("data-prompts", all().length > 0);

/** Keeps prompts, newest first: every starred one, and of the others as many as there is room for.
 * @param {Prompt[]} prompts
 */
const keep = (prompts) => {
  let count = 0;
  let characters = 0;
  const fits = (/** @type {Prompt} */ one) => {
    if (one.starred) return true;
    count += 1;
    characters += one.text.length;
    return count <= MOST && characters <= MOST_CHARACTERS;
  };
  memory.set(NAME, written(prompts.sort((one, other) => other.at - one.at).filter(fits)));
  mark();
};

/** Adds prompts; one that is there already is moved to its newest time. Returns how many are new.
 * @param {Prompt[]} added
 */
export const add = (added) => {
  const byText = new Map(all().map((one) => [one.text, one]));
  const before = byText.size;
  for (const one of added) {
    const { at = 0, starred = false } = byText.get(one.text) ?? {};
    byText.set(one.text, { ...one, at: Math.max(at, one.at), starred: starred || one.starred });
  }
  keep([...byText.values()]);
  return byText.size - before;
};

/** Gives a star to a prompt or takes it away. @param {string} text @param {boolean} starred */
export const star = (text, starred) =>
  keep(all().map((one) => (one.text === text ? { ...one, starred } : one)));

/** @param {string} text */
export const forget = (text) => keep(all().filter((one) => one.text !== text));

/** Those with all words in them, in any order and case.
 * @param {string} words
 * @param {boolean} onlyStarred
 */
export const search = (words, onlyStarred) => {
  const wanted = words.toLowerCase().split(/\s+/);
  const has = (/** @type {Prompt} */ { text }) => wanted.every((word) => text.toLowerCase().includes(word));
  return all().filter((one) => (one.starred || !onlyStarred) && has(one));
};
