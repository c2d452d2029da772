/** Files that are chosen; or dropped or pasted anywhere, and then they go to the tab that is open. */
import { make, text } from "./page.js";

/**
 * Hands files to a tab.
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} take
 */
export const takeFiles = (input, take) => {
  const choose = () => {
    const files = [...input.files];
    // So that the same file may be chosen again.
    input.value = "";
    if (files.length > 0) take(files);
  };
  input.addEventListener("change", choose);
  // Over a slow line they were chosen before this script was here.
  choose();
};

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

/** What says why a drop was not taken. */
const note = make("p", "drop-note boxed", { role: "alert" });

const openInput = () =>
  /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("[role=tabpanel] input[type=file]")])
    .find((input) => input.closest("[role=tabpanel]").checkVisibility());

/** @param {Event} event @param {DataTransfer} data */
const take = async (event, { items }) => {
  note.remove();
  const files = [...items].filter(({ kind }) => kind === "file");
  // It is text for a field.
  if (files.length === 0) return;
  event.preventDefault();
  const input = openInput();
  if (!input) {
    note.textContent = text("page.drop_elsewhere");
    document.body.append(note);
    return;
  }
  // Folders are searched to the bottom in the order of names; what was pasted is no entry.
  const found = await Promise.all(files.map((item) => {
    const entry = item.webkitGetAsEntry();
    return entry ? filesIn(entry) : [item.getAsFile()];
  }));
  const carried = new DataTransfer();
  found.flat().slice(0, input.multiple ? undefined : 1).forEach((file) => carried.items.add(file));
  input.files = carried.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
};

document.addEventListener("paste", (event) => take(event, event.clipboardData));
// Otherwise the browser leaves the page to show the file.
document.addEventListener("dragover", (event) => event.preventDefault());
["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, () => {
  document.body.classList.toggle("dropping", kind === "dragover");
}));
document.addEventListener("drop", (event) => take(event, event.dataTransfer));
document.addEventListener("click", () => note.remove());
