/** A picture as it is sent: at most so many pixels. */
import { make } from "./page.js";

/**
 * Smooth even for large factors: browsers look at few pixels when they shrink by more than two.
 * @param {HTMLCanvasElement | ImageBitmap} source
 * @param {number} width
 * @param {number} height
 * @returns {HTMLCanvasElement}
 */
export const shrink = (source, width, height) => {
  if (source.width > 2 * width) {
    return shrink(shrink(source, Math.ceil(source.width / 2), Math.ceil(source.height / 2)), width, height);
  }
  const canvas = make("canvas", "", { width, height });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  // The server lays transparent pictures on white too.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return canvas;
};

/** @param {HTMLCanvasElement} canvas @param {string} [type] @returns {Promise<Blob>} */
export const blobOf = (canvas, type = "image/jpeg") =>
  new Promise((resolve) => canvas.toBlob(resolve, type, 0.92));

/**
 * What is sent of a picture, and whether this browser can read it.
 * @param {Blob} file
 * @param {number} pixels the most to send
 */
export const readPicture = async (file, pixels) => {
  /** @type {ImageBitmap | null} */
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return { file, readable: false };
  const { width, height } = bitmap;
  const scale = Math.sqrt(pixels / (width * height));
  const sent = scale < 1
    ? await blobOf(shrink(bitmap, Math.round(width * scale), Math.round(height * scale)))
    : file;
  bitmap.close();
  return { file: sent, readable: true };
};
