// The page's title, in the words of the visitor's language.
const title = () => { document.title = page.text("page.title"); };
document.addEventListener("page-language", title);
page.translate(element);
title();
