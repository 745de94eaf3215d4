// Which files a tray takes, and which of its pictures a prompt speaks of.

export const MEGABYTE = 1e6;

/** @param {File} file */
export const looksLikePicture = (file) =>
  file.type.startsWith("image/") || /\.(heic|heif|avif|tiff?)$/i.test(file.name);

/** The files that a tray takes, and a sentence about one that it does not, or "".
 * @param {File[]} files
 * @param {import("./tray.js").Tray} tray
 */
export const sift = (files, tray) => {
  const { most, heaviest } = tray.facts;
  const room = tray.isSingle ? 1 : most - tray.items.length - tray.uploading;
  let note = tray.isSingle && files.length && tray.items.length ? tray.say("replaced") : "";
  /** @type {File[]} */
  const accepted = [];
  for (const file of tray.isSingle ? files.slice(0, 1) : files) {
    const name = file.name || "picture";
    if (!looksLikePicture(file)) note = tray.say("not_picture", { name });
    else if (file.size > heaviest)
      note = tray.say("too_large", { name, limit: Math.round(heaviest / MEGABYTE) });
    else if (accepted.length < room) accepted.push(file);
    else {
      note = tray.say("full", { max: most, name });
      break;
    }
  }
  return { accepted, note };
};

/** The numbers of pictures that a prompt mentions: "image 2", "photos 1, 2 and 3", "图 1 和 2".
 * @param {string} prompt
 */
export const numbersIn = (prompt) => {
  const pattern = /(?:images?|pictures?|photos?|图片?|照片|第)\s*((?:\d+(?:\s*(?:,|、|and|和|&|与)\s*)?)+)/gi;
  const lists = Array.from(prompt.matchAll(pattern), ([, list]) => list ?? "");
  return new Set(lists.flatMap((list) => list.match(/\d+/g) ?? []).map(Number));
};
