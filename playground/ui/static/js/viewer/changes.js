// Where two pictures differ, counted beside the page in a worker, from the originals' own bytes.

/** What was found.
 * @typedef {object} Changes
 * @property {ImageBitmap} map
 * @property {{ width: number, height: number }} size at which it was counted
 * @property {number} share of the pixels that differ clearly, from 0 to 1
 * @property {boolean} isSame every pixel is the same
 * @property {boolean} isSmaller it was counted at less than the pictures' own size
 */

/** @type {Worker | null} */
let worker = null;
let questions = 0;

// The page fetches, because a file that is run in a worker may not (the server's content security policy).
const bytesOf = async (/** @type {string} */ address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.blob();
};

/** Counts what differs between two pictures of one shape. Rejects when one of them cannot be read.
 * @param {string} mine address @param {string} other address
 * @returns {Promise<Changes>}
 */
export const countChanges = async (mine, other) => {
  const [one, two] = await Promise.all([bytesOf(mine), bytesOf(other)]);
  worker ??= new Worker(new URL("changes_worker.js", import.meta.url), { type: "module" });
  const counting = worker;
  questions += 1;
  const question = questions;
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const { signal } = stop;
    const settle = (/** @type {MessageEvent} */ { data }) => {
      if (data.question !== question) return;
      stop.abort();
      if (data.failed) reject(new Error(data.failed));
      else resolve(data);
    };
    counting.addEventListener("message", settle, { signal });
    counting.addEventListener("error", () => reject(new Error("no worker")), { signal, once: true });
    counting.postMessage({ question, mine: one, other: two });
  });
};
