/** Files and folders that are dropped on a field. */

const byName = (/** @type {FileSystemEntry} */ a, /** @type {FileSystemEntry} */ b) =>
  a.name.localeCompare(b.name, undefined, { numeric: true });

/** @param {FileSystemDirectoryEntry} folder */
const childrenOf = async (folder) => {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const children = [];
  for (let some = null; some?.length !== 0; children.push(...some)) {
    // A hundred at a time, until there are no more.
    some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
  }
  return children.filter(({ name }) => !name.startsWith(".")).sort(byName);
};

/** @returns {Promise<File[]>} */
const filesIn = async (/** @type {any} */ entry) => {
  if (entry.isFile) return [await new Promise((resolve, reject) => { entry.file(resolve, reject); })];
  return (await Promise.all((await childrenOf(entry)).map(filesIn))).flat();
};

/** What was dropped, with folders searched to the bottom in the order of names; hidden files left out. */
export const filesOf = async (/** @type {DataTransfer} */ { items }) => {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  return (await Promise.all(entries.map(filesIn))).flat();
};

/**
 * Hands what is dropped on a field to `take`, before drop.js does.
 * @param {HTMLElement} field
 * @param {(data: DataTransfer) => void} take
 */
export const takeDrops = (field, take) => {
  ["dragover", "dragleave", "drop"].forEach((kind) => field.addEventListener(kind, (event) => {
    event.preventDefault();
    field.classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(/** @type {DragEvent} */ (event).dataTransfer);
  }));
};
