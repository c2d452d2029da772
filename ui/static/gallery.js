// One button for each example picture; `props.value` is a list of {caption, picture}.
const list = element.querySelector(".gallery");

props.value.forEach(({ caption, picture }, index) => {
  const button = page.make("button", "example", { type: "button" });
  button.append(
    page.make("img", "", { src: picture, alt: "" }),
    page.make("span", "", { textContent: caption }),
  );
  button.addEventListener("click", () => trigger("pick", { index }));
  const item = page.make("li", "");
  item.append(button);
  list.append(item);
});
