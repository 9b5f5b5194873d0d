/**
 * Removes the last characters that are among `characters`. A pattern such as `/x+$/` takes quadratic time: it is tried at every x of a run
 * that does not end the text.
 */
export function trimCharactersEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Removes the first and last characters that are among `characters`. */
export function trimCharacters(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text.charAt(start))) start++;
  return trimCharactersEnd(text.slice(start), characters);
}
