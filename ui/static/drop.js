// A picture that is dropped or pasted anywhere on this tab is taken as if into the field for it.
const pictureIn = (files) => [...(files ?? [])].find(({ type }) => type.startsWith("image/"));

const appears = async (selector) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = document.querySelector(selector);
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return null;
};

const take = async (file) => {
  if (photo) trigger("start_over");
  const input = await appears("#picture input[type=file]");
  if (!input) return;
  const carried = new DataTransfer();
  carried.items.add(file);
  input.files = carried.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
};

// The gallery is there whenever the tab is.
const tabIsOpen = () => Boolean(document.querySelector("#examples")?.offsetParent);
const ownField = ({ target }) => target instanceof Element && target.closest("#picture, input, textarea");

document.addEventListener("paste", (event) => {
  const file = pictureIn(event.clipboardData?.files);
  if (file && tabIsOpen() && !ownField(event)) take(file);
});
document.addEventListener("dragover", (event) => {
  // Otherwise the browser leaves the page to show the file.
  if (tabIsOpen() && !ownField(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!tabIsOpen() || ownField(event)) return;
  event.preventDefault();
  const file = pictureIn(event.dataTransfer?.files);
  if (file) take(file);
});
