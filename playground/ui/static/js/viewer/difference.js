// How much two pictures differ, pixel by pixel, as heat over a grey copy. Pure.

const CLEAR = 16; // of 255: what a new JPEG of the same picture does not reach
const CURVE = 0.6; // small differences are drawn warmer than they are, or nobody would see them
const GREY = 0.3; // how light the copy is

/** From nothing to hot: violet, red, yellow. @type {[number, number, number][]} */
const HEAT = [
  [60, 24, 120],
  [214, 62, 74],
  [255, 226, 110],
];

const ramp = Array.from({ length: 256 }, (_, step) => {
  const heat = (step / 255) ** CURVE * (HEAT.length - 1);
  const below = Math.min(Math.floor(heat), HEAT.length - 2);
  const [cold, hot] = [HEAT[below] ?? [0, 0, 0], HEAT[below + 1] ?? [0, 0, 0]];
  const share = heat - below;
  return [0, 1, 2].map((channel) => (cold[channel] ?? 0) * (1 - share) + (hot[channel] ?? 0) * share);
});

/** Puts the map into the place of the first picture.
 * @param {Uint8ClampedArray} mine four bytes a pixel: red, green, blue, opacity
 * @param {Uint8ClampedArray} other of the same size
 */
export const difference = (mine, other) => {
  let clear = 0;
  let most = 0;
  for (let at = 0; at < mine.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = [mine[at], mine[at + 1], mine[at + 2], mine[at + 3]];
    const apart = Math.max(
      Math.abs(red - (other[at] ?? 0)),
      Math.abs(green - (other[at + 1] ?? 0)),
      Math.abs(blue - (other[at + 2] ?? 0)),
      Math.abs(alpha - (other[at + 3] ?? 0)),
    );
    if (apart >= CLEAR) clear += 1;
    if (apart > most) most = apart;
    const grey = (0.3 * red + 0.59 * green + 0.11 * blue) * GREY;
    const share = Math.min(1, apart / (2 * CLEAR));
    const [r = 0, g = 0, b = 0] = ramp[apart] ?? [];
    mine[at] = grey + (r - grey) * share;
    mine[at + 1] = grey + (g - grey) * share;
    mine[at + 2] = grey + (b - grey) * share;
    mine[at + 3] = 255;
  }
  return { share: (4 * clear) / mine.length, isSame: most === 0 };
};
