/** Says which `.gitattributes` must be read before a path, each once: those of its folders, outermost first. */
export function attributesOfFolders(): (path: string) => readonly string[] {
  const seen = new Set<string>();
  return (path) => {
    const wanted: string[] = [];
    let end = path.lastIndexOf('/');
    let folder = end === -1 ? '' : path.slice(0, end + 1);
    while (!seen.has(folder)) {
      seen.add(folder);
      const attributes = `${folder}.gitattributes`;
      if (attributes !== path) wanted.unshift(attributes);
      if (folder === '') break;
      end = folder.lastIndexOf('/', folder.length - 2);
      folder = end === -1 ? '' : folder.slice(0, end + 1);
    }
    return wanted;
  };
}
