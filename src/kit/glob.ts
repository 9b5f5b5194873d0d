/**
 * Returns whether text matches a pattern in which `*` matches any characters. With a separator, `*` does not match the separator and `**`
 * does. The time depends on both lengths only.
 */
export function globMatches(pattern: string, text: string, separator?: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const isBegun = text.startsWith(pattern.slice(0, star));
  if (!isBegun) return false;
  const [ending, left] = [pattern.slice(star), text.slice(star)];
  return separator === undefined ? hasParts(left, ending.split('*')) : matchesTokens(ending, left, separator);
}

/** Returns whether a text has parts one after the other, with anything before and between them, and the last at its end. */
function hasParts(text: string, parts: readonly string[]): boolean {
  const last = parts.at(-1) ?? '';
  let at = 0;
  for (const part of parts.slice(0, -1)) {
    // The first place leaves most of the text for the others.
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function matchesTokens(pattern: string, text: string, separator: string): boolean {
  const tokens = pattern.match(/\*+|[^*]/gsu) ?? [];
  let places = skipStars(new Set([0]), tokens);
  for (const character of text) {
    const next = [...places].flatMap((place) =>
      positionsAfter(place, tokens[place], { character, separator }),
    );
    places = skipStars(new Set(next), tokens);
  }
  return places.has(tokens.length);
}

/** The positions in a pattern that a character leads to. */
function positionsAfter(
  place: number,
  token: string | undefined,
  { character, separator }: { readonly character: string; readonly separator: string },
): number[] {
  if (token === undefined) return [];
  if (!token.startsWith('*')) return token === character ? [place + 1] : [];
  return character !== separator || token.length > 1 ? [place] : [];
}

/** Adds the positions after stars, which may match nothing. */
function skipStars(places: Set<number>, tokens: readonly string[]): Set<number> {
  // Added positions are visited as well.
  for (const place of places) if (tokens[place]?.startsWith('*') === true) places.add(place + 1);
  return places;
}
