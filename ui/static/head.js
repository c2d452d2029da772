import { text, translate } from "./page.js";

/** The page's title, in the visitor's language. */
const title = () => {
  document.title = text("page.title");
};

/** @param {import("./types").Component} component */
export default ({ element }) => {
  document.addEventListener("page-language", title);
  translate(element);
  title();
};
