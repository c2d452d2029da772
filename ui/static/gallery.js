// One button for each example picture; `props.value` is a list of {text, values, picture}.
const list = element.querySelector(".gallery");

const writeCaptions = () => {
  props.value.forEach(({ text, values }, index) => {
    list.children[index].querySelector("span").textContent = page.text(text, values);
  });
};

props.value.forEach(({ picture }, index) => {
  const button = page.make("button", "example", { type: "button" });
  button.append(page.make("img", "", { src: picture, alt: "" }), page.make("span", ""));
  button.addEventListener("click", () => trigger("pick", { index }));
  const item = page.make("li", "");
  item.append(button);
  list.append(item);
});
page.translate(element);
writeCaptions();
document.addEventListener("page-language", writeCaptions);
