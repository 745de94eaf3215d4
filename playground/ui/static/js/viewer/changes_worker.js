// Draws the map of what changed between two pictures, away from the page, so that it stays quick meanwhile.

import { difference } from "./difference.js";

const MOST_PIXELS = 6_000_000;

/** @param {ImageBitmap} picture @param {number} width @param {number} height */
const pixelsOf = (picture, width, height) => {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
};

/** @param {Blob} mine @param {Blob} other */
const count = async (mine, other) => {
  // Upright, as the page shows them.
  const [one, two] = await Promise.all([createImageBitmap(mine), createImageBitmap(other)]);
  // The smaller of the two decides: pixels that only one of them has cannot differ.
  const [least, most] = one.width * one.height < two.width * two.height ? [one, two] : [two, one];
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (least.width * least.height)));
  const [width, height] = [least.width, least.height].map((side) => Math.max(1, Math.round(side * scale)));
  if (!width || !height) throw new Error("no pixels");
  const map = pixelsOf(one, width, height);
  const { share, isSame } = difference(map.data, pixelsOf(two, width, height).data);
  const isSmaller = most.width > width;
  return { map: await createImageBitmap(map), size: { width, height }, share, isSame, isSmaller };
};

self.addEventListener("message", async ({ data }) => {
  const { question } = data;
  try {
    const found = await count(data.mine, data.other);
    self.postMessage({ question, ...found }, { transfer: [found.map] });
  } catch (error) {
    self.postMessage({ question, failed: String(error) });
  }
});
