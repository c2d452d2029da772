/** Files that are dropped or pasted anywhere go to the tab that is open. */
import { make, text } from "./page.js";

/** What says why a drop was not taken. */
const note = make("p", "drop-note");
note.setAttribute("role", "alert");

const openInput = () =>
  /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("[role=tabpanel] input[type=file]")])
    .find((input) => input.closest("[role=tabpanel]").checkVisibility());

/** @param {Event} event @param {FileList | undefined} files */
const take = (event, files) => {
  note.remove();
  // A tab's own field took it, or it is text for a field.
  if (event.defaultPrevented || !files?.length) return;
  event.preventDefault();
  const input = openInput();
  if (!input) {
    note.textContent = text("page.drop_elsewhere");
    document.body.append(note);
    return;
  }
  const carried = new DataTransfer();
  [...files].slice(0, input.multiple ? undefined : 1).forEach((file) => carried.items.add(file));
  input.files = carried.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
};

/** Starts to listen. */
export const listen = () => {
  document.addEventListener("paste", (event) => take(event, event.clipboardData?.files));
  // Otherwise the browser leaves the page to show the file.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => take(event, event.dataTransfer?.files));
  document.addEventListener("click", () => note.remove());
};
