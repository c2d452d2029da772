/** The marked picture as a file, on the clipboard, or shared. */
import { make, send } from "./page.js";
import { blobOf, shrink } from "./picture.js";

/** @param {Blob} blob @param {string} name */
export const save = (blob, name) => {
  const href = URL.createObjectURL(blob);
  make("a", "", { href, download: name }).click();
  URL.revokeObjectURL(href);
};

/**
 * The picture with its faces marked, as the server draws them.
 * @param {import("./types").Component["server"]} server
 * @param {Blob} picture
 * @param {import("./types").Face[]} faces
 */
export const mark = async (server, picture, faces) => {
  const found = faces.map(({ box, probabilities }) => ({ box, probabilities }));
  const answer = await server.marked_picture({ upload: await send("image", picture), faces: found });
  if (answer.error) throw new Error(answer.error);
  return (await fetch(answer.picture)).blob();
};

/** @param {string} name */
export const stem = (name) => name.replace(/\.[^.]*$/, "");

/** Clipboards take PNG only. @param {Blob} blob */
const asPng = async (blob) => {
  const bitmap = await createImageBitmap(blob);
  return blobOf(shrink(bitmap, bitmap.width, bitmap.height), "image/png");
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
