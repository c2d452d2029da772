/** The marked picture as a file, on the clipboard, or shared. */
import { make } from "./page.js";
import { blobOf } from "./picture.js";

/** @param {Blob} blob @param {string} name */
export const save = (blob, name) => {
  const href = URL.createObjectURL(blob);
  make("a", "", { href, download: name }).click();
  URL.revokeObjectURL(href);
};

/** @param {string} name */
export const stem = (name) => name.replace(/\.[^.]*$/, "");

/** Clipboards take PNG only. @param {Blob} blob */
const asPng = async (blob) => {
  const bitmap = await createImageBitmap(blob);
  const canvas = make("canvas", "", { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return blobOf(canvas, "image/png");
};

/** Safari asks for the clipboard before the picture is there. @param {Promise<Blob>} picture */
export const copy = (picture) =>
  navigator.clipboard.write([new ClipboardItem({ "image/png": picture.then(asPng) })]);

/** @param {Blob} blob @param {string} name */
const shared = (blob, name) => ({ files: [new File([blob], name, { type: blob.type })] });

/** Whether this browser shares pictures, as phones do. */
export const canShare = () =>
  Boolean(navigator.canShare?.(shared(new Blob([], { type: "image/jpeg" }), "a.jpg")));

/** @param {Blob} blob @param {string} name */
export const share = (blob, name) => navigator.share(shared(blob, name)).catch((error) => {
  // The visitor changed their mind.
  if (error.name !== "AbortError") throw error;
});
