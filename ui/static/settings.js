// A visitor's settings; `props.offered` is what ui/settings.py calls the offer.
const { detectors, automatic, uncertain_below } = props.offered;
const REMEMBERED = "emotion-settings";
const DEFAULTS = {
  detector: "auto", min_score: null, largest: false, uncertain_below: uncertain_below.default,
};
const NAMES = Object.keys(DEFAULTS);

const find = (selector) => element.querySelector(selector);
const field = (name) => find(`[name="${name}"]`);
const detectorOf = ({ detector }) => detectors[detector === "auto" ? automatic : detector];

const within = (value, { least, most }, otherwise) => {
  const number = Number(value);
  return value !== null && number >= least && number <= most ? number : otherwise;
};

// Settings from raw ones: what this server does not offer becomes the default.
const settingsOf = (raw) => {
  const detector = raw.detector in detectors ? raw.detector : DEFAULTS.detector;
  const scores = detectorOf({ detector });
  const min_score = within(raw.min_score ?? null, scores, null);
  return {
    detector,
    // The detector's own is left to the server.
    min_score: min_score === scores.default ? null : min_score,
    largest: [true, "1"].includes(raw.largest),
    uncertain_below: within(raw.uncertain_below ?? null, uncertain_below, DEFAULTS.uncertain_below),
  };
};

// A link that names a setting means all of them, so that it says the same to everybody.
const linked = () => {
  const raw = Object.fromEntries(NAMES.map((name) => [name, page.link.read(name)]));
  return Object.values(raw).some((value) => value !== null) ? raw : null;
};

// A browser may forbid to remember, and what it remembers may be from another version.
const remembered = () => {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
  } catch {
    return {};
  }
};

const remember = () => {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(page.settings));
  } catch {
    // They last as long as the page.
  }
};

// What differs from the defaults, as it stands in the address.
const changed = () =>
  Object.fromEntries(NAMES.map((name) => {
    const value = page.settings[name];
    return [name, value === DEFAULTS[name] ? null : value === true ? "1" : value];
  }));

const decimals = (number) => page.number(number, { minimumFractionDigits: 2 });

const summary = () => {
  const { detector, min_score, largest, uncertain_below: below } = page.settings;
  const parts = [];
  if (detector !== "auto") parts.push(detectors[detector].name);
  if (min_score !== null) parts.push(page.text("settings.at_least", { score: decimals(min_score) }));
  if (largest) parts.push(page.text("settings.largest"));
  if (below !== DEFAULTS.uncertain_below) {
    parts.push(`${page.text("settings.uncertain_below")} ${page.percent(below)}`);
  }
  return parts.join(" · ");
};

const writeDetectors = () => {
  const option = (value, textContent) => page.make("option", "", { value, textContent });
  const offered = Object.entries(detectors).map(([value, { name }]) => option(value, name));
  const name = detectors[automatic].name;
  field("detector").replaceChildren(option("auto", page.text("settings.auto", { name })), ...offered);
  const about = Object.keys(detectors).map((value) => page.text(`settings.about_${value}`));
  if (!("yunet" in detectors)) about.push(page.text("settings.no_yunet"));
  find("#about-detector").textContent = about.join(" ");
};

const writeNumbers = () => {
  field("min_score").nextElementSibling.value = decimals(field("min_score").valueAsNumber);
  field("uncertain_below").nextElementSibling.value =
    page.percent(field("uncertain_below").valueAsNumber);
};

const bound = (slider, { least, most }, value) => {
  Object.assign(slider, { min: least, max: most });
  slider.value = value;
};

const show = () => {
  const { detector, min_score, largest, uncertain_below: below } = page.settings;
  const scores = detectorOf(page.settings);
  writeDetectors();
  field("detector").value = detector;
  field("largest").checked = largest;
  bound(field("min_score"), scores, min_score ?? scores.default);
  bound(field("uncertain_below"), uncertain_below, below);
  writeNumbers();
  find(".settings-now").textContent = summary();
  find(".reset").disabled = summary() === "";
};

const take = (raw) => {
  page.settings = settingsOf(raw);
  props.value = page.settings;
  page.link.write(changed());
  show();
  document.dispatchEvent(new Event("page-settings"));
};

element.addEventListener("input", writeNumbers);
element.addEventListener("change", ({ target }) => {
  const value = { checkbox: target.checked, range: target.valueAsNumber }[target.type] ?? target.value;
  // A score means another thing to another detector.
  const score = target.name === "detector" ? { min_score: null } : {};
  take({ ...page.settings, [target.name]: value, ...score });
  remember();
});
find(".reset").addEventListener("click", () => {
  take(DEFAULTS);
  remember();
  find("summary").focus();
});
document.addEventListener("page-language", show);

page.translate(element);
take(linked() ?? remembered());
