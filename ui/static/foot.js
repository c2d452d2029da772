import { translate } from "./page.js";

/** @param {import("./types").Component} component */
export default ({ element }) => translate(element);
