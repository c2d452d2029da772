/** Zips, opened in the browser: the pictures in them are sent one by one, and nothing else is. */

// Signatures and offsets from APPNOTE.TXT: 4.3.7 (file), 4.3.12 (directory), 4.3.16 (end).
const [FILE, DIRECTORY, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const END_BYTES = 22 + 0xffff; // with the longest comment
const [STORED, DEFLATED] = [0, 8];
const ENCRYPTED = 1;
const PICTURE = /\.(jpe?g|jfif|png|webp|gif|bmp|tiff?|avif|hei[cf]|jp2|p[bgp]m)$/i;
const HIDDEN = /(^|\/)(__MACOSX\/|\.)/;

/** A zip that can't be read; the message ends a key in texts/batch.json. */
export class ZipError extends Error {}

const viewOf = async (/** @type {Blob} */ blob) => new DataView(await blob.arrayBuffer());

export const isZip = async (/** @type {Blob} */ file) => {
  const start = await viewOf(file.slice(0, 4));
  return start.byteLength === 4 && [FILE, END].includes(start.getUint32(0, true));
};

/**
 * The pictures in a zip as {name, open}, and how many other files there are.
 * @param {File} zip
 * @param {{ members: number, megabytes: number }} limits files in a zip, and the size of a picture
 */
export const openZip = async (zip, limits) => {
  const tail = await viewOf(zip.slice(-END_BYTES));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  const total = end < 0 ? 0 : tail.getUint16(end + 10, true);
  if (total > limits.members) throw new ZipError("zip_too_many");
  const start = end < 0 ? 0 : tail.getUint32(end + 16, true);
  const directory = await viewOf(zip.slice(start));
  const files = [];
  for (let at = 0; files.length < total; at += files.at(-1).bytes) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== DIRECTORY) break;
    files.push(entryAt(directory, at));
  }
  if (end < 0 || files.length < total) throw new ZipError("zip_damaged");
  const meant = files.filter(({ name }) => !name.endsWith("/") && !HIDDEN.test(name));
  const pictures = meant.filter(({ name }) => PICTURE.test(name));
  if (pictures.length === 0) throw new ZipError("zip_empty");
  if (pictures.some(({ flags }) => flags & ENCRYPTED)) throw new ZipError("zip_encrypted");
  const opened = pictures.map((entry) => (
    { name: `${zip.name}/${entry.name}`, open: () => unpack(zip, entry, limits.megabytes * 2 ** 20) }
  ));
  return { pictures: opened, others: meant.length - pictures.length };
};

/** @param {DataView} directory @param {number} at */
const entryAt = (directory, at) => {
  const short = (/** @type {number} */ offset) => directory.getUint16(at + offset, true);
  const long = (/** @type {number} */ offset) => directory.getUint32(at + offset, true);
  const name = new Uint8Array(directory.buffer.slice(at + 46, at + 46 + short(28)));
  return {
    name: new TextDecoder().decode(name),
    bytes: 46 + short(28) + short(30) + short(32),
    flags: short(8), method: short(10), packed: long(20), size: long(24), offset: long(42),
  };
};

/** @param {Blob} zip @param {ReturnType<typeof entryAt>} entry @param {number} most */
const unpack = async (zip, { offset, packed, size, method }, most) => {
  if (size > most) throw new ZipError("too_large");
  if (![STORED, DEFLATED].includes(method)) throw new ZipError("zip_method");
  const header = await viewOf(zip.slice(offset, offset + 30));
  const start = offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const content = zip.slice(start, start + packed);
  if (method === STORED) return content;
  // What an entry says of its size may be a lie.
  let left = size;
  const bounded = new TransformStream({
    transform: (chunk, out) => {
      left -= chunk.length;
      if (left < 0) throw new RangeError("more than it said");
      out.enqueue(chunk);
    },
  });
  const unpacked = content.stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(unpacked.pipeThrough(bounded)).blob().catch(() => {
    throw new ZipError("unreadable");
  });
};
