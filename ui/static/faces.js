// Boxes over a picture and bars beside it, drawn from numbers; the tabs share them. See page.js.
// What came from outside is only ever set as text or as an attribute, never as markup.
Object.assign(window.page, (() => {
  const { make, text, percent } = page;

  const label = (name) => text(`labels.${name}`);

  const nameOf = (face) => label(face.label) + (face.uncertain ? "?" : "");

  // Keeps as many children as there are faces: a stream must not rebuild its page 15 times a second.
  const fit = (host, count, build) => {
    while (host.children.length > count) host.lastChild.remove();
    while (host.children.length < count) host.append(build(host.children.length));
  };

  const buildBox = () => {
    const box = make("button", "box", { type: "button" });
    box.append(make("span", "box-name"));
    return box;
  };

  const place = (box, face, { width, height, mirrored }) => {
    const [x1, y1, x2, y2] = face.box;
    const left = mirrored ? width - x2 : x1;
    const share = (part, whole) => `${(100 * part) / whole}%`;
    box.style.left = share(left, width);
    box.style.top = share(y1, height);
    box.style.width = share(x2 - x1, width);
    box.style.height = share(y2 - y1, height);
    // The name stays inside the picture.
    box.classList.toggle("name-inside", y1 < 0.1 * height);
    box.classList.toggle("name-left", left > 0.7 * width);
  };

  // Names wider than the boxes would hide one another: then only the focused face is named.
  const namesCollide = (layer, faces, { width }) => {
    const widths = faces.map(({ box: [x1, , x2] }) => ((x2 - x1) / width) * layer.clientWidth);
    return Math.min(...widths) < 64; // pixels; a name takes about 90
  };

  // One button a face over a picture of `size`; `focused` is an index.
  const drawBoxes = (layer, faces, size, focused) => {
    fit(layer, faces.length, buildBox);
    layer.classList.toggle("crowd", faces.length > 1 && namesCollide(layer, faces, size));
    faces.forEach((face, index) => {
      const box = layer.children[index];
      place(box, face, size);
      box.dataset.face = index;
      box.setAttribute("aria-pressed", String(index === focused));
      const name = `${nameOf(face)} ${percent(face.confidence)}`;
      box.setAttribute("aria-label", text("labels.face_named", { n: index + 1, name }));
      box.firstChild.textContent = name;
    });
  };

  const buildBar = (name) => {
    const bar = make("li", "bar");
    bar.dataset.label = name;
    const track = make("span", "bar-track");
    track.append(make("span", "bar-fill"));
    const written = make("span", "bar-label", { textContent: label(name) });
    written.dataset.text = `labels.${name}`;
    bar.append(written, track, make("span", "bar-percent"));
    return bar;
  };

  // Seven bars in the order they were sent, the strongest marked; later calls move them.
  const drawBars = (list, face) => {
    const entries = Object.entries(face.probabilities);
    fit(list, entries.length, (index) => buildBar(entries[index][0]));
    entries.forEach(([name, probability], index) => {
      const bar = list.children[index];
      bar.classList.toggle("strongest", name === face.label);
      bar.querySelector(".bar-fill").style.width = `${100 * probability}%`;
      bar.querySelector(".bar-percent").textContent = percent(probability);
    });
  };

  const headline = (face) =>
    face.uncertain ? text("labels.uncertain", { label: label(face.label) }) : label(face.label);

  return { label, nameOf, headline, drawBoxes, drawBars };
})());
