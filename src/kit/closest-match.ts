/** Returns the candidate most similar to a mistyped word. Undefined if none is within `distanceMax` letters. */
export function closestMatch(
  word: string,
  candidates: readonly string[],
  distanceMax = Math.max(2, word.length / 3),
): string | undefined {
  const rated = candidates.map((candidate) => ({
    candidate,
    distance: distanceOf(word.toLowerCase(), candidate.toLowerCase()),
  }));
  rated.sort((a, b) => a.distance - b.distance);
  const [best] = rated;
  return best !== undefined && best.distance <= distanceMax ? best.candidate : undefined;
}

/** The Levenshtein distance: letters to add, remove or replace. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
