/** The text, or as many of its characters (code points) as are allowed, from its beginning. */
export function firstCharacters(text: string, most: number): string {
  // No text has more characters than units.
  return text.length <= most ? text : [...text].slice(0, most).join('');
}
