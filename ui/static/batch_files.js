/** What the batch tab saves: a CSV, and a contact sheet that is drawn in the browser. */
import { make } from "./page.js";
import { blobOf } from "./picture.js";

// A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV injection).
const FORMULA = /^[=+\-@\t\r]/;

const cell = (/** @type {unknown} */ value) => {
  const written = String(value ?? "");
  return /[",\r\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
};

/**
 * One row a face, and one for each picture without a face or that was not read, which says so in
 * the last column. Without the byte order mark at its start, Excel misreads names.
 * @param {string[]} columns those of emotion/report.py
 * @param {{ image: string, faces?: any[], error?: string }[]} records
 * @param {string} noFace
 */
export const csvOf = (columns, records, noFace) => {
  const rows = records.flatMap(({ image, faces = [], error }) => {
    const name = FORMULA.test(image) ? `'${image}` : image;
    if (faces.length === 0) return [[name, ...columns.slice(1).map(() => ""), error ?? noFace]];
    return faces.map(({ box, score, label, confidence, probabilities }, index) => (
      [name, index + 1, ...box, score, label, confidence, ...Object.values(probabilities), ""]
    ));
  });
  return `\ufeff${[[...columns, "note"], ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
};

const CROP = 128; // pixels; a crop has 112
const [TILE_WIDTH, TILE_HEIGHT] = [CROP + 24, CROP + 64];
const SHEET_PIXELS = 16e6; // every browser's canvas has as many

/** @param {CanvasRenderingContext2D} canvas @param {Tile} tile @param {number} x @param {number} y */
const drawTile = async (canvas, { crop, title, name }, x, y) => {
  const image = await createImageBitmap(await (await fetch(crop)).blob());
  canvas.drawImage(image, x + (TILE_WIDTH - CROP) / 2, y + 12, CROP, CROP);
  canvas.font = "600 14px system-ui, sans-serif";
  canvas.fillText(title, x + TILE_WIDTH / 2, y + CROP + 32, CROP);
  canvas.font = "12px system-ui, sans-serif";
  // The end of a name tells pictures apart better than its beginning: img_0001.jpg, img_0002.jpg.
  canvas.fillText(name.slice(-24), x + TILE_WIDTH / 2, y + CROP + 50, CROP);
};

/**
 * A JPEG, about as wide as it is high.
 * @typedef {{ crop: string, title: string, name: string }} Tile its picture as a data URI
 * @param {Tile[]} tiles
 * @returns {Promise<Blob>}
 */
export const contactSheet = async (tiles) => {
  const columns = Math.ceil(Math.sqrt(tiles.length * (TILE_HEIGHT / TILE_WIDTH)));
  const [width, height] = [columns * TILE_WIDTH, Math.ceil(tiles.length / columns) * TILE_HEIGHT];
  const scale = Math.min(1, Math.sqrt(SHEET_PIXELS / (width * height)));
  const sheet = make("canvas", "", { width: Math.floor(width * scale), height: Math.floor(height * scale) });
  const canvas = sheet.getContext("2d");
  canvas.fillStyle = "#fff";
  canvas.fillRect(0, 0, sheet.width, sheet.height);
  canvas.scale(scale, scale);
  canvas.fillStyle = "#111827";
  canvas.textAlign = "center";
  for (const [index, tile] of tiles.entries()) {
    const column = index % columns;
    await drawTile(canvas, tile, column * TILE_WIDTH, ((index - column) / columns) * TILE_HEIGHT);
  }
  return blobOf(sheet);
};
