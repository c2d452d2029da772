/** What counted on a face: a few numbers become a soft picture over it. */
import { make } from "./page.js";

// From little to much: red, green, blue and opacity. Less opaque than a photograph needs to stay visible.
const HEAT = [[20, 11, 53, 0.62], [203, 65, 73, 0.5], [252, 225, 92, 0.55]];

/** @param {number} value 0 to 1 */
const colourOf = (value) => {
  const place = value * (HEAT.length - 1);
  const below = Math.min(Math.floor(place), HEAT.length - 2);
  const [red, green, blue, opacity] = HEAT[below].map((from, i) => from + (HEAT[below + 1][i] - from) * (place - below));
  return [red, green, blue, 255 * opacity];
};

/**
 * Draws a face's square of the picture, and over it what counted, which the browser smooths.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement} picture
 * @param {import("./types").Face} face
 * @param {number} scale pixels of the picture for one of the face's
 */
export const drawAttention = (canvas, picture, { frame, attention }, scale) => {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  const [x, y, width, height] = [frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1]].map((v) => v * scale);
  context.drawImage(picture, x, y, width, height, 0, 0, canvas.width, canvas.height);
  const heat = make("canvas", "", { width: attention[0].length, height: attention.length });
  const pixels = new Uint8ClampedArray(attention.flat().flatMap(colourOf));
  heat.getContext("2d").putImageData(new ImageData(pixels, heat.width), 0, 0);
  context.drawImage(heat, 0, 0, canvas.width, canvas.height);
};
