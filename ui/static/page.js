/** What every tab uses: words and numbers in the visitor's language, the settings, and the page's address. */

/**
 * @param {string} tag
 * @param {string} [className]
 * @param {Record<string, unknown>} [attributes]
 * @returns {any}
 */
export const make = (tag, className = "", attributes = {}) =>
  Object.assign(document.createElement(tag), { className }, attributes);

/** The language that Gradio chose, and English for one that ui/texts/ does not have. */
export const language = () => {
  const shown = document.documentElement.lang.split("-")[0];
  return shown in window.gradio_config.i18n_translations ? shown : "en";
};

/**
 * The text of a key like "labels.face", with its {placeholders} filled in.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export const text = (key, values = {}) => {
  const message = window.gradio_config.i18n_translations[language()][key] ?? key;
  return message.replace(/{(\w+)}/g, (_, name) => String(values[name]));
};

/**
 * The text of "key.one" or "key.other", whichever goes with the number.
 * @param {string} key
 * @param {number} n
 */
export const count = (key, n) => {
  const form = new Intl.PluralRules(language()).select(n) === "one" ? "one" : "other";
  return text(`${key}.${form}`, { n: number(n) });
};

/** @param {number} n @param {Intl.NumberFormatOptions} [options] */
export const number = (n, options) => new Intl.NumberFormat(language(), options).format(n);

/** @param {number} probability */
export const percent = (probability) => number(probability, { style: "percent" });

// data-text names the text of an element, data-text-title that of its title, and so on.
const ATTRIBUTES = ["title", "aria-label", "alt", "placeholder"];

/** @param {ParentNode} root */
export const translate = (root) => {
  /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-text]")).forEach((child) => {
    child.textContent = text(child.dataset.text);
    child.lang = language();
  });
  ATTRIBUTES.forEach((name) => {
    root.querySelectorAll(`[data-text-${name}]`).forEach((child) => {
      child.setAttribute(name, text(child.getAttribute(`data-text-${name}`)));
    });
  });
};

// The language can change at any time, in Gradio's own settings. Scripts listen to "page-language"
// to rewrite what they wrote themselves.
const speak = () => {
  translate(document);
  document.title = text("page.title");
  // Gradio translates these; what it has no words for is English.
  document.querySelectorAll("#head, #foot").forEach((part) => { part.setAttribute("lang", language()); });
  document.dispatchEvent(new Event("page-language"));
};
new MutationObserver(speak).observe(document.documentElement, { attributeFilter: ["lang"] });

/**
 * @typedef {object} Settings what `Settings.of` in ui/settings.py reads
 * @property {string} detector
 * @property {number} min_score
 * @property {boolean} largest
 * @property {number} uncertain_below
 */

/**
 * The visitor's settings, null for the defaults. "page-settings" tells of changes.
 * @type {Settings | null}
 */
export let settings = null;

/** What a server is asked with these settings: "uncertain" is decided on the page. */
export const asked = (/** @type {Settings | null} */ of) => JSON.stringify({ ...of, uncertain_below: null });

/** @param {Settings} chosen */
export const setSettings = (chosen) => {
  settings = chosen;
  document.dispatchEvent(new Event("page-settings"));
};

/**
 * Changes the query of the page's address; null removes a name, and all others stay.
 * @param {Record<string, string | number | null>} changes
 */
export const writeAddress = (changes) => {
  const url = new URL(location.href);
  Object.entries(changes).forEach(([name, value]) => {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  });
  if (url.href === location.href) return;
  history.replaceState(history.state, "", url);
  // On a Space, this page lies in a frame of the one whose address the visitor sees.
  const queryString = url.searchParams.toString();
  if (window.parent !== window) parent.postMessage({ queryString }, "https://huggingface.co");
};

const TAB = "[role='tab'][data-tab-id]";

/** Opens the tab that the address names, and names the page. */
export const openTab = () => {
  speak();
  const name = new URLSearchParams(location.search).get("tab") ?? "";
  /** @type {HTMLElement} */ (document.querySelector(`${TAB}[data-tab-id="${CSS.escape(name)}"]`))?.click();
};

document.addEventListener("click", ({ target }) => {
  /** @type {HTMLElement} */
  const tab = target instanceof Element ? target.closest(TAB) : null;
  if (!tab) return;
  const isFirst = tab === document.querySelector(TAB);
  writeAddress({ tab: isFirst ? null : tab.dataset.tabId });
});

/**
 * Uploads a file under a name, and gives its address. What Gradio offers tells of a failure in its
 * own words, which stay on the page.
 * @param {string} name
 * @param {Blob} file
 */
export const sendAs = async (name, file) => {
  const body = new FormData();
  body.append("files", file, name);
  const answer = await fetch("gradio_api/upload", { method: "POST", body });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return `gradio_api/file=${(await answer.json())[0]}`;
};

/** Uploads a file under a secret name, and gives that. @param {string} kind @param {Blob} file */
export const send = async (kind, file) => {
  const name = randomName(kind);
  await sendAs(name, file);
  return name;
};

/**
 * A file name like image-0123…, for uploads: nobody can guess it, and no two visitors share one.
 * @param {string} kind
 */
export const randomName = (kind) => {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return `${kind}-${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
};

/**
 * Finds what stands in a component's template.
 * @param {Element} element
 * @returns {(selector: string) => any}
 */
export const finder = (element) => (selector) => element.querySelector(selector);

/**
 * Calls the action of each selector that a click falls on, with the element that was pressed.
 * @param {Element} element
 * @param {Record<string, (pressed: any) => void>} actions
 */
export const onClick = (element, actions) => {
  element.addEventListener("click", ({ target }) => {
    Object.entries(actions).forEach(([selector, act]) => {
      const pressed = target instanceof Element && target.closest(selector);
      if (pressed) act(pressed);
    });
  });
};

/** What went wrong with an upload: the server in front of this app may take less than the app does. */
export const uploadProblem = (error) => (error.message === "HTTP 413" ? "proxy_limit" : "no_answer");
