// What was dropped, folders searched to the bottom in the order of names; hidden files are not meant.
const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });

const childrenOf = async (folder) => {
  const reader = folder.createReader();
  const children = [];
  for (let some = null; some?.length !== 0; children.push(...some)) {
    // A hundred at a time, until there are no more.
    some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  }
  return children.filter(({ name }) => !name.startsWith(".")).sort(byName);
};

const filesIn = async (entry) => {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  return (await Promise.all((await childrenOf(entry)).map(filesIn))).flat();
};

const filesOf = async ({ items }) => {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  return (await Promise.all(entries.map(filesIn))).flat();
};
