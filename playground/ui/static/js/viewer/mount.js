// Makes the viewer ready for its first picture.

import { find } from "../dom.js";
import { actions } from "../page.js";
import { listenTo } from "./events.js";
import { Viewer } from "./viewer.js";

const loadStyle = () =>
  new Promise((resolve, reject) => {
    const href = new URL("../../viewer.css", import.meta.url).href;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
    document.head.append(link);
  });

/** Makes the viewer of its piece of the page ready; returns what gives it. In another language, Gradio puts another
 * dialog there, and the viewer is a new one.
 * @param {import("../dom.js").Piece} piece
 */
export const mount = async (piece) => {
  await loadStyle();
  let viewer = new Viewer(piece);
  const current = () => {
    if (find("dialog", piece.element) !== viewer.dialog) viewer = new Viewer(piece);
    return viewer;
  };
  actions(piece);
  listenTo(current, piece.element);
  return current;
};
