// The result of one picture; `photo` is what ui/image_tab.py calls a photo view, or null.
let photo = null;
let focused = 0; // the index of a face
const section = element.querySelector(".result");
const find = (selector) => section.querySelector(selector);
const [stage, boxes, strip, panels] = [".stage", ".boxes", ".strip", ".panels"].map(find);
page.translate(element);

// What the visitor's settings ask of a face to be certain; static/settings.js keeps them.
const threshold = () => page.settings?.uncertain_below ?? 0.5;
const judged = (face) => ({ ...face, uncertain: face.confidence < threshold() });

const summary = () => {
  if (photo.faces.length === 0) return page.text("labels.no_face");
  const faces = page.count("labels.faces", photo.faces.length);
  return page.text("image.summary", { faces, ms: page.number(photo.ms) });
};

const buildTab = (face, index) => {
  const tab = page.make("button", "tab", { type: "button", id: `face-tab-${index}` });
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", `face-panel-${index}`);
  tab.dataset.face = index;
  tab.append(
    page.make("img", "", { src: face.crop, alt: page.text("labels.face", { n: index + 1 }) }),
    page.make("span", "", { textContent: page.nameOf(face) }),
  );
  return tab;
};

const buildPanel = (face, index) => {
  const panel = page.make("div", "panel", { id: `face-panel-${index}` });
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `face-tab-${index}`);
  const title = page.make("h2", "headline", { textContent: page.headline(face) });
  const bars = page.make("ul", "bars");
  page.drawBars(bars, face);
  panel.append(title);
  if (face.uncertain) {
    const share = page.percent(threshold());
    const textContent = page.text("image.uncertain_note", { share });
    panel.append(page.make("p", "note", { textContent }));
  }
  panel.append(bars);
  return panel;
};

const focus = (chosen) => {
  focused = chosen;
  [...panels.children].forEach((panel, i) => { panel.hidden = i !== chosen; });
  [...strip.children].forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(i === chosen));
    tab.tabIndex = i === chosen ? 0 : -1;
    if (i === chosen) strip.scrollTo({ left: tab.offsetLeft + (tab.offsetWidth - strip.clientWidth) / 2 });
  });
  page.drawBoxes(boxes, photo.faces.map(judged), photo, chosen);
  showHeat();
};

const showHeat = () => {
  const face = photo.faces[focused];
  const has = Boolean(face?.attention);
  const shown = has && find(".show-heat").checked;
  find(".counted").hidden = !has;
  find(".closer").hidden = find(".heat-layer").hidden = !shown;
  if (!shown) return;
  const { width, height } = photo;
  const [x1, y1, x2, y2] = face.frame;
  // The crop ends where the picture does.
  const crop = [Math.max(x1, 0), Math.max(y1, 0), Math.min(x2, width), Math.min(y2, height)];
  const [onPicture, onCrop] = section.querySelectorAll("canvas");
  [onPicture, onCrop].forEach((canvas) => paintHeat(canvas, face.attention));
  placeHeat(onPicture, face.frame, [0, 0, width, height]);
  placeHeat(onCrop, face.frame, crop);
  const closer = find(".closer img");
  closer.src = face.crop;
  closer.alt = page.text("image.attention_alt", { n: focused + 1 });
  find(".meaning").textContent = meaning(face);
};

const meaning = ({ attention, label }) => {
  const values = { label: page.label(label), fields: `${attention.length} × ${attention[0].length}` };
  const nothing = attention.flat().every((value) => value === 0);
  return page.text(nothing ? "image.attention_none" : "image.attention_text", values);
};

const show = () => {
  section.hidden = !photo;
  if (!photo) return;
  const faces = photo.faces.map(judged);
  const picture = stage.querySelector("img");
  picture.src = photo.picture;
  picture.alt = page.text("image.alt", { name: photo.name });
  section.style.setProperty("--ratio", photo.width / photo.height);
  section.style.setProperty("--width", `${photo.width}px`);
  strip.replaceChildren(...faces.map(buildTab));
  panels.replaceChildren(...faces.map(buildPanel));
  find(".no-face").hidden = faces.length > 0;
  find(".saves").hidden = faces.length === 0;
  find(".summary").textContent = summary();
  focus(Math.min(focused, Math.max(faces.length - 1, 0)));
};

// What the visitor asked for may lie above or below what they see, on a phone.
const bringIntoView = () => {
  section.focus({ preventScroll: true });
  const { top } = section.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 3) section.scrollIntoView({ block: "start" });
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
  if (event.target.closest(".again")) trigger("start_over");
  const save = event.target.closest(".save");
  if (save) saveAs(save.dataset.kind);
});
find(".show-heat").addEventListener("change", showHeat);

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
  const another = props.value && props.value.name !== photo?.name;
  photo = props.value;
  if (another) focused = 0;
  show();
  if (another) bringIntoView();
};
watch("value", update);
update();

// Names are laid out in pixels, and the words depend on the language and the threshold.
const again = () => photo && show();
new ResizeObserver(() => photo && page.drawBoxes(boxes, photo.faces.map(judged), photo, focused)).observe(stage);
document.addEventListener("page-language", again);

// A change of detector or score asks the server again, one of the threshold only the page.
let seen = JSON.stringify({ ...page.settings, uncertain_below: null });
document.addEventListener("page-settings", () => {
  const now = JSON.stringify({ ...page.settings, uncertain_below: null });
  if (photo && now !== seen) trigger("look_again", { index: photo.example });
  seen = now;
  again();
});
