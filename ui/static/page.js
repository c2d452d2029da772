// What every tab uses: words and numbers in the visitor's language, and the address of the page.
window.page = (() => {
  const make = (tag, className, attributes = {}) =>
    Object.assign(document.createElement(tag), { className }, attributes);

  // The language that Gradio chose, and English for one that ui/texts/ has not.
  const language = () => {
    const shown = document.documentElement.lang.split("-")[0];
    return shown in window.gradio_config.i18n_translations ? shown : "en";
  };

  // The text of a key like "labels.face", with its {placeholders} filled.
  const text = (key, values = {}) => {
    const message = window.gradio_config.i18n_translations[language()][key] ?? key;
    return message.replace(/{(\w+)}/g, (_, name) => values[name]);
  };

  // The form of "key.one" and "key.other" that goes with a number.
  const count = (key, n) => {
    const form = new Intl.PluralRules(language()).select(n) === "one" ? "one" : "other";
    return text(`${key}.${form}`, { n: number(n) });
  };

  const number = (n, options) => new Intl.NumberFormat(language(), options).format(n);

  const percent = (probability) => number(probability, { style: "percent" });

  // data-text names the text of an element, data-text-title that of its title, and so on.
  const ATTRIBUTES = ["title", "aria-label", "alt", "placeholder"];

  const translate = (root) => {
    root.querySelectorAll("[data-text]").forEach((child) => {
      child.textContent = text(child.dataset.text);
      child.lang = language();
    });
    ATTRIBUTES.forEach((name) => {
      root.querySelectorAll(`[data-text-${name}]`).forEach((child) => {
        child.setAttribute(name, text(child.getAttribute(`data-text-${name}`)));
      });
    });
  };

  // Gradio's settings can change the language at any time; what a script wrote itself, it must
  // write again when it hears "page-language".
  new MutationObserver(() => {
    translate(document);
    document.dispatchEvent(new Event("page-language"));
  }).observe(document.documentElement, { attributeFilter: ["lang"] });

  // The choices in the address: `null` takes one out, and everything else there stays.
  const link = {
    read: (name) => new URLSearchParams(location.search).get(name),
    write: (changes) => {
      const url = new URL(location);
      Object.entries(changes).forEach(([name, value]) => {
        if (value === null) url.searchParams.delete(name);
        else url.searchParams.set(name, value);
      });
      if (url.href === location.href) return;
      history.replaceState(history.state, "", url);
      // On a Space, this page lies in a frame of the one whose address the visitor sees.
      const queryString = url.searchParams.toString();
      if (window.parent !== window) parent.postMessage({ queryString }, "https://huggingface.co");
    },
  };

  const tabNamed = (name) => document.querySelector(`[role="tab"][data-tab-id="${CSS.escape(name)}"]`);

  // The tab that a link names; ui/page.py calls this once the tabs are there.
  const openTab = () => tabNamed(link.read("tab") ?? "")?.click();

  document.addEventListener("click", ({ target }) => {
    const tab = target.closest("[role='tab'][data-tab-id]");
    if (!tab) return;
    const isFirst = tab === document.querySelector("[role='tab'][data-tab-id]");
    link.write({ tab: isFirst ? null : tab.dataset.tabId });
  });

  return {
    make, language, text, count, number, percent, translate, link, openTab,
    // static/settings.js keeps this up to date; servers take null for the defaults.
    settings: null,
  };
})();
