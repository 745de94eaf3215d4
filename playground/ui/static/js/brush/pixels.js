// What is made of a canvas that was drawn on: a mask, or a picture.

/** @typedef {import("../viewer/zoom.js").Size} Size */

const LOOK = 512; // pixels of the longer side of the copy that is looked through

/** A canvas with something on it.
 * @param {Size} size @param {(pen: CanvasRenderingContext2D) => void} draw
 */
const drawn = ({ width, height }, draw) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  draw(pen);
  return canvas;
};

/** A size no longer than so many pixels, in whole ones.
 * @param {Size} size @param {number} longest
 */
export const within = ({ width, height }, longest) => {
  const scale = Math.min(1, longest / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
};

/** Fills what is on a canvas with one colour.
 * @param {CanvasRenderingContext2D} pen @param {string} colour
 */
const tint = (pen, colour) => {
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = colour;
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
};

/** What a mask marks, in one colour.
 * @param {CanvasImageSource} mask @param {Size} size @param {string} colour
 */
export const marked = (mask, size, colour) =>
  drawn(size, (pen) => {
    pen.drawImage(mask, 0, 0, size.width, size.height);
    const pixels = pen.getImageData(0, 0, size.width, size.height);
    for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at + 3] = pixels.data[at] ?? 0;
    pen.putImageData(pixels, 0, 0);
    tint(pen, colour);
  });

/** Whether there is nothing on a canvas.
 * @param {HTMLCanvasElement} canvas
 */
export const isBlank = (canvas) => {
  const size = within(canvas, LOOK);
  const small = drawn(size, (pen) => pen.drawImage(canvas, 0, 0, size.width, size.height));
  const data = small.getContext("2d")?.getImageData(0, 0, size.width, size.height).data ?? [];
  for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 127) return false;
  return true;
};

/** A file of a canvas.
 * @param {HTMLCanvasElement} canvas @param {string} name @param {string} type
 * @returns {Promise<File>}
 */
const fileOf = (canvas, name, type) =>
  new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(new File([blob], name, { type })) : reject(new Error("no picture"))),
      type,
      0.95,
    ),
  );

/** A mask: white where something may change, black where all stays.
 * @param {HTMLCanvasElement} canvas
 */
export const maskOf = (canvas) => {
  const whole = drawn(canvas, (pen) => {
    pen.drawImage(canvas, 0, 0);
    tint(pen, "#fff");
    pen.globalCompositeOperation = "destination-over";
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, canvas.width, canvas.height);
  });
  return fileOf(whole, "mask.png", "image/png");
};

/** A new picture: the drawing on white, or over a picture.
 * @param {HTMLCanvasElement} canvas
 * @param {{ source: CanvasImageSource, size: Size, isPhoto: boolean } | null} under
 * @param {string} name without an ending
 */
export const drawingOf = (canvas, under, name) => {
  const size = under?.size ?? canvas;
  const isPhoto = under?.isPhoto ?? false;
  const whole = drawn(size, (pen) => {
    if (!under) pen.fillStyle = "#fff";
    if (!under) pen.fillRect(0, 0, size.width, size.height);
    if (under) pen.drawImage(under.source, 0, 0, size.width, size.height);
    pen.drawImage(canvas, 0, 0, size.width, size.height);
  });
  return isPhoto ? fileOf(whole, `${name}.jpg`, "image/jpeg") : fileOf(whole, `${name}.png`, "image/png");
};
