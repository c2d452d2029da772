/** What counted on a face: a few numbers become a soft picture over it. */

const SIDE = 48; // pixels; the model was shown as many

// From little to much; each is less opaque than a photograph needs to stay visible.
const HEAT = [[20, 11, 53, 0.62], [203, 65, 73, 0.5], [252, 225, 92, 0.55]];

/** @param {number} value 0 to 1 */
const colourOf = (value) => {
  const place = value * (HEAT.length - 1);
  const below = Math.min(Math.floor(place), HEAT.length - 2);
  return HEAT[below].map((from, i) => from + (HEAT[below + 1][i] - from) * (place - below));
};

/**
 * The mean of all fields at a place, the near ones counting most: nothing shows where they meet.
 * @param {number[][]} rows
 * @param {number} x 0 to 1
 * @param {number} y 0 to 1
 */
const blend = (rows, x, y) => {
  let [sum, weights] = [0, 0];
  rows.forEach((row, i) => row.forEach((value, j) => {
    const away = ((j + 0.5) / row.length - x) ** 2 + ((i + 0.5) / rows.length - y) ** 2;
    const weight = Math.exp(-away * rows.length ** 2 * 1.5);
    sum += weight * value;
    weights += weight;
  }));
  return sum / weights;
};

/** @param {number[][]} rows @returns {HTMLCanvasElement} */
const heatOf = (rows) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(SIDE, SIDE);
  const values = Array.from({ length: SIDE * SIDE }, (_, i) => (
    blend(rows, ((i % SIDE) + 0.5) / SIDE, (Math.floor(i / SIDE) + 0.5) / SIDE)
  ));
  // Blending lowers the peaks.
  const most = Math.max(...values) || 1;
  values.forEach((value, i) => {
    const [red, green, blue, opacity] = colourOf(value / most);
    pixels.data.set([red, green, blue, 255 * opacity], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
};

/**
 * Draws a face's square of the picture, and over it what counted.
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
  context.drawImage(heatOf(attention), 0, 0, canvas.width, canvas.height);
};
