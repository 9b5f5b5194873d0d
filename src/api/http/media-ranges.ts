/**
 * Returns the first of the offered media types that an `Accept` header prefers (RFC 9110, section 12.5.1). Undefined if it accepts none. As in
 * Clair, `q=0` does not exclude a type.
 */
export function preferredType(accept: string, offered: readonly string[]): string | undefined {
  for (const range of mediaRangesOf(accept)) {
    const found = offered.find((type) => isInMediaRange(type, range));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the media ranges of a header in lower case, the preferred ones first. */
function mediaRangesOf(accept: string): string[] {
  return accept
    .split(',')
    .map((item) => {
      const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { range, weight: weight === undefined ? 1 : Number(weight) || 0 };
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range);
}

function isInMediaRange(type: string, range: string): boolean {
  if (range === '*/*' || range === type) return true;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1));
}
