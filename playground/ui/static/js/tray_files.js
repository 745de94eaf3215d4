// Which files a tray takes, and which of its pictures a prompt speaks of.

export const MEGABYTE = 1e6;

/** @param {File} file */
export const looksLikePicture = (file) =>
  file.type.startsWith("image/") || /\.(heic|heif|avif|tiff?)$/i.test(file.name);

/** The field that opens the system's own chooser of files.
 * @param {import("./tray.js").Tray} tray
 */
export const makePicker = (tray) => {
  const picker = document.createElement("input");
  Object.assign(picker, { type: "file", accept: "image/*,.heic,.heif", hidden: true, tabIndex: -1 });
  picker.multiple = !tray.isSingle;
  picker.setAttribute("aria-hidden", "true");
  picker.dataset.picker = "";
  tray.element.parentElement?.append(picker);
  picker.addEventListener("change", () => {
    tray.add(Array.from(picker.files ?? []));
    picker.value = "";
  });
  return picker;
};

/** Uploads of files that may be wanted in two places: for their recipe, and in a tray.
 * @type {WeakMap<File, Promise<{ path: string, url: string }>>}
 */
const uploads = new WeakMap();

/** Uploads a file unless that was done or begun already.
 * @param {File} file
 * @param {(file: File) => Promise<{ path: string, url: string }>} upload
 */
export const uploadOnce = (file, upload) => {
  const begun = uploads.get(file) ?? upload(file);
  uploads.set(file, begun);
  begun.catch(() => uploads.delete(file));
  return begun;
};

/** The files that a tray takes, and sentences that name every one that it does not, or "".
 * @param {File[]} files
 * @param {import("./tray.js").Tray} tray
 */
export const sift = (files, tray) => {
  const { most, heaviest } = tray.facts;
  const full = tray.isSingle ? "only_one" : "full";
  /** @type {File[]} */
  const accepted = [];
  /** @type {Record<string, string[]>} */
  const refused = { not_picture: [], too_large: [], [full]: [] };
  for (const file of files) {
    const name = file.name || "picture";
    if (!looksLikePicture(file)) refused.not_picture?.push(name);
    else if (file.size > heaviest) refused.too_large?.push(name);
    else if (accepted.length < tray.room) accepted.push(file);
    else refused[full]?.push(name);
  }
  const facts = { max: most, limit: Math.round(heaviest / MEGABYTE) };
  const notes = Object.entries(refused)
    .filter(([, names]) => names.length)
    .map(([reason, names]) => tray.say(reason, { ...facts, name: names.join(", ") }));
  if (tray.isSingle && accepted.length && tray.items.length) notes.unshift(tray.say("replaced"));
  return { accepted, note: notes.join(" ") };
};

/** The numbers of pictures that a prompt mentions: "image 2", "photos 1, 2 and 3", "图 1 和 2".
 * @param {string} prompt
 */
export const numbersIn = (prompt) => {
  const pattern = /(?:images?|pictures?|photos?|图片?|照片|第)\s*((?:\d+(?:\s*(?:,|、|and|和|&|与)\s*)?)+)/gi;
  const lists = Array.from(prompt.matchAll(pattern), ([, list]) => list ?? "");
  return new Set(lists.flatMap((list) => list.match(/\d+/g) ?? []).map(Number));
};

/** Numbers in a row of which neighbours are drawn together: "1, 3–14".
 * @param {number[]} numbers rising
 */
export const inRanges = (numbers) => {
  const starts = numbers.filter((number) => !numbers.includes(number - 1));
  const ends = numbers.filter((number) => !numbers.includes(number + 1));
  return starts.map((start, at) => (start === ends[at] ? `${start}` : `${start}–${ends[at]}`)).join(", ");
};
