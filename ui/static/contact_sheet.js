// Every face on one sheet, with its expression and its file's name; drawn in the browser, so that
// no picture is sent again.
const CROP = 128; // pixels; a crop has 112
const [TILE_WIDTH, TILE_HEIGHT] = [CROP + 24, CROP + 64];
const SHEET_PIXELS = 16e6; // every browser's canvas has as many

const pictureOf = (source) => new Promise((resolve, reject) => {
  const image = new Image();
  image.onload = () => resolve(image);
  image.onerror = reject;
  image.src = source;
});

// The end of a name tells pictures apart better than its beginning: img_0001.jpg, img_0002.jpg.
const shortened = (canvas, name) => {
  let text = name;
  while (canvas.measureText(text).width > CROP && text.length > 2) text = `…${text.slice(2)}`;
  return text;
};

const drawTile = async (canvas, { crop, title, name }, x, y) => {
  const image = await pictureOf(crop);
  const scale = CROP / Math.max(image.width, image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  canvas.drawImage(image, x + (TILE_WIDTH - width) / 2, y + 12 + (CROP - height) / 2, width, height);
  canvas.font = "600 14px system-ui, sans-serif";
  canvas.fillText(shortened(canvas, title), x + TILE_WIDTH / 2, y + CROP + 32);
  canvas.font = "12px system-ui, sans-serif";
  canvas.fillText(shortened(canvas, name), x + TILE_WIDTH / 2, y + CROP + 50);
};

// Tiles of {crop: data URI, title, name} to a JPEG, about as wide as it is high.
const contactSheet = async (tiles) => {
  const columns = Math.ceil(Math.sqrt(tiles.length * (TILE_HEIGHT / TILE_WIDTH)));
  const [width, height] = [columns * TILE_WIDTH, Math.ceil(tiles.length / columns) * TILE_HEIGHT];
  const scale = Math.min(1, Math.sqrt(SHEET_PIXELS / (width * height)));
  const sheet = Object.assign(document.createElement("canvas"), {
    width: Math.floor(width * scale),
    height: Math.floor(height * scale),
  });
  const canvas = sheet.getContext("2d");
  canvas.fillStyle = "#fff";
  canvas.fillRect(0, 0, sheet.width, sheet.height);
  canvas.scale(scale, scale);
  canvas.fillStyle = "#111827";
  canvas.textAlign = "center";
  for (const [index, tile] of tiles.entries()) {
    const column = index % columns;
    await drawTile(canvas, tile, column * TILE_WIDTH, ((index - column) / columns) * TILE_HEIGHT);
  }
  return new Promise((resolve) => sheet.toBlob(resolve, "image/jpeg", 0.9));
};
