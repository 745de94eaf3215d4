// The pictures that the viewer walks through: those of a generation, and then those before and after it.

import { findAll } from "../dom.js";

/** A picture as the server tells of it.
 * @typedef {import("./pane.js").Source & { picture: string, generation: string, name: string, prompt: string,
 *   figures: string, actions: string, is_converted: boolean }} Shot
 */

/** @typedef {object} Generation
 * @property {string} id
 * @property {Shot[]} pictures
 * @property {Shot[]} given what was sent
 * @property {string | null} newer
 * @property {string | null} older
 * @property {string} [said] why there is none
 */

/** Where a picture is: itself, and all that it is one of.
 * @typedef {{ shot: Shot, row: Shot[], generation: Generation }} Found
 */

const generationOf = (/** @type {string} */ picture) => picture.split("/")[0] ?? "";

export class Shots {
  /** @param {(name: string, facts: object) => Promise<any>} ask */
  constructor(ask) {
    this.ask = ask;
    /** @type {Map<string, Promise<Generation | null>>} */
    this.known = new Map();
    /** The viewer was opened from the history's tiles, and walks as they stand. */
    this.isInAlbum = false;
  }

  /** @param {string} id @returns {Promise<Generation | null>} */
  #generation(id) {
    const known = this.known.get(id) ?? this.ask("viewer_generation", { id });
    this.known.set(id, known);
    return known;
  }

  /** Forgets what was told, for it may have changed since. */
  forget() {
    this.known.clear();
  }

  /** @param {string} picture "<generation>/<name>" @returns {Promise<Found | string>} a sentence when there is none */
  async find(picture) {
    const generation = await this.#generation(generationOf(picture));
    for (const row of generation?.pictures ? [generation.pictures, generation.given] : []) {
      const shot = row.find((one) => one.picture === picture);
      if (shot && generation) return { shot, row, generation };
    }
    return generation?.said ?? "";
  }

  /** The picture so many steps on; null at the end.
   * @param {Found} found @param {number} step 1 or -1
   */
  async beside({ shot, row, generation }, step) {
    const near = row[row.indexOf(shot) + step];
    if (near || row === generation.given) return near ?? null;
    const next = await this.#next(generation, step);
    return next?.pictures?.at(step > 0 ? 0 : -1) ?? null;
  }

  async #next(/** @type {Generation} */ generation, /** @type {number} */ step) {
    const id = this.isInAlbum ? this.#inAlbum(generation.id, step) : generation[step > 0 ? "older" : "newer"];
    return id ? this.#generation(id) : null;
  }

  #inAlbum(/** @type {string} */ id, /** @type {number} */ step) {
    const tiles = findAll("#history .tile").filter((tile) => Number(tile.dataset.count));
    const at = tiles.findIndex((tile) => tile.dataset.entry === id);
    if (at >= tiles.length - 3) document.dispatchEvent(new CustomEvent("playground:more"));
    return at < 0 ? null : tiles[at + step]?.dataset.entry;
  }
}
