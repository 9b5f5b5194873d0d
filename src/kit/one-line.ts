/** What a stranger wrote, for a message: on one line, without what is no text, and not for ever. */
export function toSingleLine(text: string, charactersMax: number): string {
  const clean = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  return clean.length > charactersMax ? `${clean.slice(0, charactersMax)}…` : clean;
}
