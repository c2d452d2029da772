// A face's map of what counted, from a few numbers to a soft picture that lies over the face.
const HEAT_SIDE = 48; // pixels; the crop that the model was shown has as many

// From little to much: dark, then red, then yellow, each less opaque, so that the face stays visible.
const HEAT = [[20, 11, 53, 0.62], [203, 65, 73, 0.5], [252, 225, 92, 0.55]];

const heatColour = (value) => {
  const place = value * (HEAT.length - 1);
  const below = Math.min(Math.floor(place), HEAT.length - 2);
  return HEAT[below].map((from, i) => from + (HEAT[below + 1][i] - from) * (place - below));
};

// The value at (x, y), 0 to 1 each, between the centres of the four fields around.
const blend = (rows, x, y) => {
  const along = (values, share) => {
    const place = Math.min(Math.max(share * values.length - 0.5, 0), values.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, values.length - 1);
    return values[below] + (values[above] - values[below]) * (place - below);
  };
  return along(rows.map((row) => along(row, x)), y);
};

const paintHeat = (canvas, rows) => {
  canvas.width = canvas.height = HEAT_SIDE;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(HEAT_SIDE, HEAT_SIDE);
  for (let i = 0; i < HEAT_SIDE * HEAT_SIDE; i += 1) {
    const [x, y] = [i % HEAT_SIDE, Math.floor(i / HEAT_SIDE)].map((at) => (at + 0.5) / HEAT_SIDE);
    const [red, green, blue, opacity] = heatColour(blend(rows, x, y));
    pixels.data.set([red, green, blue, 255 * opacity], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
};

// Where the square `frame` lies in the part of the picture that `view` shows, both (x1, y1, x2, y2).
const placeHeat = (canvas, frame, view) => {
  const share = (part, whole) => `${(100 * part) / whole}%`;
  const [width, height] = [view[2] - view[0], view[3] - view[1]];
  canvas.style.left = share(frame[0] - view[0], width);
  canvas.style.top = share(frame[1] - view[1], height);
  canvas.style.width = share(frame[2] - frame[0], width);
  canvas.style.height = share(frame[3] - frame[1], height);
};
