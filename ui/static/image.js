// The result of one picture; `photo` is what ui/image_tab.py calls a photo view, or null.
let photo = null;
const section = element.querySelector(".result");
const stage = section.querySelector(".stage");
const boxes = section.querySelector(".boxes");
const strip = section.querySelector(".strip");
const panels = section.querySelector(".panels");
const saves = section.querySelector(".saves");

const summaryOf = (photo) => {
  if (photo.faces.length === 0) return "No face found.";
  const count = photo.faces.length === 1 ? "1 face" : `${photo.faces.length} faces`;
  return `${count} in ${photo.ms} ms`;
};

const buildTab = (face, index) => {
  const tab = page.make("button", "tab", { type: "button", id: `face-tab-${index}` });
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", `face-panel-${index}`);
  tab.dataset.face = index;
  tab.append(
    page.make("img", "", { src: face.crop, alt: `Face ${index + 1}` }),
    page.make("span", "", { textContent: page.nameOf(face) }),
  );
  return tab;
};

const buildPanel = (face, index) => {
  const panel = page.make("div", "panel", { id: `face-panel-${index}` });
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `face-tab-${index}`);
  const title = page.make("h3", "headline", { textContent: page.headline(face) });
  const bars = page.make("ul", "bars");
  page.drawBars(bars, face);
  panel.append(title);
  if (face.uncertain) {
    panel.append(page.make("p", "note", { textContent: "No expression reaches one half here." }));
  }
  panel.append(bars);
  return panel;
};

const focus = (chosen) => {
  [...boxes.children].forEach((box, i) => box.setAttribute("aria-pressed", String(i === chosen)));
  [...panels.children].forEach((panel, i) => { panel.hidden = i !== chosen; });
  [...strip.children].forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(i === chosen));
    tab.tabIndex = i === chosen ? 0 : -1;
    if (i === chosen) strip.scrollTo({ left: tab.offsetLeft - strip.clientWidth / 2 });
  });
};

const show = () => {
  section.hidden = !photo;
  if (!photo) return;
  const picture = stage.querySelector("img");
  picture.src = photo.picture;
  picture.alt = `The picture ${photo.name}`;
  section.style.setProperty("--ratio", photo.width / photo.height);
  page.drawBoxes(boxes, photo.faces, photo, 0);
  strip.replaceChildren(...photo.faces.map(buildTab));
  panels.replaceChildren(...photo.faces.map(buildPanel));
  section.querySelector(".no-face").hidden = photo.faces.length > 0;
  saves.hidden = photo.faces.length === 0;
  section.querySelector(".summary").textContent = summaryOf(photo);
  focus(0);
};

// The same as the command line writes; see emotion/report.py.
const FILES = {
  json: { type: "application/json", text: ({ record }) => JSON.stringify(record, null, 2) },
  csv: { type: "text/csv", text: ({ csv }) => csv },
};

const saveAs = (kind) => {
  const { type, text } = FILES[kind];
  const download = `${photo.name.replace(/\.[^.]*$/, "")}.${kind}`;
  const href = URL.createObjectURL(new Blob([text(photo)], { type }));
  page.make("a", "", { href, download }).click();
  URL.revokeObjectURL(href);
};

const faceUnder = (event) => event.target.closest("[data-face]")?.dataset.face;

element.addEventListener("click", (event) => {
  const face = faceUnder(event);
  if (face !== undefined) focus(Number(face));
  if (event.target.closest(".again")) trigger("again");
  const save = event.target.closest(".save");
  if (save) saveAs(save.dataset.kind);
});

// Arrow keys, Home and End walk along the strip, as in any list of tabs.
strip.addEventListener("keydown", (event) => {
  const last = strip.children.length - 1;
  const now = Number(faceUnder(event));
  const next = { ArrowRight: Math.min(now + 1, last), ArrowLeft: Math.max(now - 1, 0), Home: 0, End: last };
  if (!(event.key in next)) return;
  event.preventDefault();
  focus(next[event.key]);
  strip.children[next[event.key]].focus();
});

// The server forgets a result once it is here, and says so with this word: see ui/image_tab.py.
const update = () => {
  if (props.value === "shown") return;
  photo = props.value;
  show();
};
watch("value", update);
update();
