// Where a picture stands in its box: whole, or enlarged around a point. Pure arithmetic in CSS pixels.

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {{ x: number, y: number }} Point */

/** What is seen of a picture: CSS pixels for each of its own, null for the whole of it; and which of its points,
 * from 0 to 1, stands in the middle of the box.
 * @typedef {{ scale: number | null, x: number, y: number }} View
 */

/** @type {View} */
export const WHOLE = Object.freeze({ scale: null, x: 0.5, y: 0.5 });

const MOST = 16; // pixels of the screen for one of the picture
const NEAR = 1.02;
const WIDE = 500;
const AIR = 16;

/** CSS pixels for each of the picture's own where one of them is one of the screen. */
export const real = () => 1 / (devicePixelRatio || 1);

/** CSS pixels for each of the picture's own where all of it is seen, with some air around it where there is room.
 * None is drawn larger than it is for that.
 * @param {Size} picture @param {Size} box
 */
export const fitting = (picture, box) => {
  const air = box.width > WIDE ? 2 * AIR : 0;
  return Math.min((box.width - air) / picture.width, Math.max(box.height - air, 1) / picture.height, 1);
};

const between = (/** @type {number} */ least, /** @type {number} */ value, /** @type {number} */ most) =>
  Math.min(Math.max(value, least), most);

/** @param {View} view @param {Size} picture @param {Size} box */
export const scaleOf = (view, picture, box) => view.scale ?? fitting(picture, box);

/** Whether more than the whole of it would be needed to show it.
 * @param {View} view @param {Size} picture @param {Size} box
 */
export const isEnlarged = (view, picture, box) => scaleOf(view, picture, box) > fitting(picture, box) * NEAR;

const start = (/** @type {number} */ middle, /** @type {number} */ length, /** @type {number} */ room) =>
  length <= room ? (room - length) / 2 : between(room - length, room / 2 - middle * length, 0);

/** Where the picture stands in its box.
 * @param {View} view @param {Size} picture @param {Size} box
 */
export const placed = (view, picture, box) => {
  const scale = scaleOf(view, picture, box);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { left: start(view.x, width, box.width), top: start(view.y, height, box.height), width, height };
};

/** The view at another scale, with the picture's point at `at` (in the box) kept where it is.
 * @param {View} view @param {Size} picture @param {Size} box @param {number} scale @param {Point} at
 * @returns {View}
 */
export const zoomed = (view, picture, box, scale, at) => {
  const fit = fitting(picture, box);
  const wanted = between(Math.min(fit, real()), scale, Math.max(MOST * real(), fit));
  if (wanted <= fit * NEAR && wanted >= fit / NEAR) return WHOLE;
  const { left, top, width, height } = placed(view, picture, box);
  const [x, y] = [between(0, (at.x - left) / width, 1), between(0, (at.y - top) / height, 1)];
  return {
    scale: wanted,
    x: x + (box.width / 2 - at.x) / (picture.width * wanted),
    y: y + (box.height / 2 - at.y) / (picture.height * wanted),
  };
};

/** The whole picture becomes real pixels around a point, or twice that where it is shown so already; anything
 * else becomes the whole picture.
 * @param {View} view @param {Size} picture @param {Size} box @param {Point} at
 */
export const toggled = (view, picture, box, at) => {
  if (view.scale !== null) return WHOLE;
  const fit = fitting(picture, box);
  return zoomed(view, picture, box, fit * NEAR < real() ? real() : 2 * fit, at);
};

/** The view after the picture was moved by so many pixels.
 * @param {View} view @param {Size} picture @param {Size} box @param {number} right @param {number} down
 * @returns {View}
 */
export const panned = (view, picture, box, right, down) => {
  const { left, top, width, height } = placed(view, picture, box);
  return {
    scale: view.scale,
    x: width <= box.width ? 0.5 : (box.width / 2 - between(box.width - width, left + right, 0)) / width,
    y: height <= box.height ? 0.5 : (box.height / 2 - between(box.height - height, top + down, 0)) / height,
  };
};
