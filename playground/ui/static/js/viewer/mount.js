// Makes the viewer ready for its first picture.

import { find, loadStyle } from "../dom.js";
import { actions } from "../page.js";
import { listenTo } from "./events.js";
import { Viewer } from "./viewer.js";

/** Makes the viewer of its piece of the page ready; returns what gives it. In another language, Gradio puts another
 * dialog there, and the viewer is a new one.
 * @param {import("../dom.js").Piece} piece
 */
export const mount = async (piece) => {
  await loadStyle("viewer.css");
  let viewer = new Viewer(piece);
  const current = () => {
    if (find("dialog", piece.element) !== viewer.dialog) viewer = new Viewer(piece);
    return viewer;
  };
  actions(piece);
  listenTo(current, piece.element);
  return current;
};
