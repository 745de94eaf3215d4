// Each picture has an address of the page, which opens it; the browser's Back leads to the page below.

/** The page's own address, with a picture open or without.
 * @param {string} picture "<generation>/<name>", or ""
 */
const addressOf = (picture) => {
  const url = new URL(location.href);
  if (picture) url.searchParams.set("view", picture);
  else url.searchParams.delete("view");
  return url.href;
};

/** A place in the browser's history, as its own functions take it.
 * @param {string} picture
 * @returns {[object, string, string]}
 */
export const entryOf = (picture) => [{ playground: "viewer", picture }, "", addressOf(picture)];

/** Makes the open picture a step that Back takes back. A page that was loaded with one has no such step yet.
 * @param {string} picture
 */
export const enter = (picture) => {
  if (history.state?.playground === "viewer") return;
  if (location.href !== addressOf("")) history.replaceState(history.state, "", addressOf(""));
  history.pushState(...entryOf(picture));
};
