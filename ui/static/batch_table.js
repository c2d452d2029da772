// The rows of the batch tab's table, built from what ui/batch_tab.py answers.
const nameCell = (name, rowSpan) =>
  page.make("th", "name", { scope: "rowgroup", rowSpan, textContent: name });

const wideRow = (name, className, text) => {
  const row = page.make("tr", className);
  row.append(nameCell(name, 1), page.make("td", "", { colSpan: 2, textContent: text }));
  return row;
};

const pictureCell = (face, index) => {
  const cell = page.make("td", "crop");
  const alt = page.text("labels.face", { n: index + 1 });
  cell.append(page.make("img", "", { src: face.crop, alt }));
  return cell;
};

const expressionCell = (face) => {
  const [cell, strip] = [page.make("td", ""), page.make("div", "expression")];
  const track = page.make("span", "bar-track");
  const fill = page.make("span", "bar-fill");
  fill.style.width = `${100 * face.confidence}%`;
  track.append(fill);
  strip.append(
    page.make("span", "", { textContent: page.nameOf(face) }),
    page.make("span", "bar-percent", { textContent: page.percent(face.confidence) }),
    track,
  );
  cell.append(strip);
  return cell;
};

const resultRows = ({ record, faces }) => {
  if (record.error) return [wideRow(record.image, "bad", record.error)];
  if (faces.length === 0) return [wideRow(record.image, "none", page.text("labels.no_face"))];
  return faces.map((face, index) => {
    const row = page.make("tr", "");
    if (index === 0) row.append(nameCell(record.image, faces.length));
    row.append(pictureCell(face, index), expressionCell(face));
    return row;
  });
};
