/** The settings panel's part of the page: the address, and a summary beside the panel's title. */
import { number, percent, setSettings, settings, text, writeAddress } from "./page.js";

/** @type {import("./page.js").Settings} what the summary leaves out */
let defaults;

/** @param {number} score */
const decimals = (score) => number(score, { minimumFractionDigits: 2 });

const differs = (/** @type {string} */ name) => settings !== null && settings[name] !== defaults[name];

const summary = () => {
  const parts = {
    detector: () => ({ yunet: "YuNet", mtcnn: "MTCNN" })[settings.detector],
    min_score: () => text("settings.at_least", { score: decimals(settings.min_score) }),
    largest: () => text("settings.largest"),
    uncertain_below: () => `${text("settings.uncertain_below")} ${percent(settings.uncertain_below)}`,
  };
  return Object.keys(parts).filter(differs).map((name) => parts[name]()).join(" · ");
};

const showSummary = () => {
  document.querySelector("#settings-panel > button").setAttribute("data-changes", summary());
};

/**
 * Takes the values of the panel's components after a change.
 * @param {number} uncertainBelow the default
 * @param {Record<string, {slider: {value: number}}>} scores each detector's slider
 * @param {[string, number, boolean, number]} values
 */
export const changed = (uncertainBelow, scores, ...values) => {
  const [detector, min_score, largest, uncertain_below] = values;
  defaults = {
    detector: "auto", min_score: scores[detector].slider.value, largest: false, uncertain_below: uncertainBelow,
  };
  setSettings({ detector, min_score, largest, uncertain_below });
  const address = Object.entries(settings).map(([name, value]) => (
    [name, differs(name) ? (value === true ? 1 : value) : null]
  ));
  writeAddress(Object.fromEntries(address));
  showSummary();
};

document.addEventListener("page-language", () => settings && showSummary());
