/**
 * Encodes which part of an image each of its packages belongs to, in the order of the packages: as JSON of pairs of numbers, a part and the
 * length of a run of its packages. Null if all belong to part 0.
 */
export function encodeOrder(parts: readonly number[]): string | null {
  if (parts.every((part) => part === 0)) return null;
  const runs: number[] = [];
  for (let start = 0, end = 0; start < parts.length; start = end) {
    while (end < parts.length && parts[end] === parts[start]) end++;
    runs.push(parts[start] ?? 0, end - start);
  }
  return JSON.stringify(runs);
}

/** Returns the position in the image of a package, by its part and its position in the part. */
export type PackagePositions = (part: number, position: number) => number;

/** Decodes what `encodeOrder` encoded. */
export function decodeOrder(order: string | null): PackagePositions {
  if (order === null) return (_, position) => position;
  // The text was written by `encodeOrder`, so it needs no validation.
  const runs = JSON.parse(order) as number[];
  const positions = new Map<number, number[]>();
  let next = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const [part = 0, length = 0] = runs.slice(i, i + 2);
    const ofPart = positions.get(part) ?? [];
    positions.set(part, ofPart);
    for (const end = next + length; next < end; next++) ofPart.push(next);
  }
  return (part, position) => {
    const found = positions.get(part)?.[position];
    if (found === undefined) throw new Error(`the image has no package ${position} in its part ${part}`);
    return found;
  };
}

/** Decodes what `encodeOrder` encoded; returns the part of the package at a position of the image. */
export function decodeParts(order: string | null): (position: number) => number {
  if (order === null) return () => 0;
  // The text was written by `encodeOrder`, so it needs no validation.
  const runs = JSON.parse(order) as number[];
  const parts: number[] = [];
  for (let i = 0; i < runs.length; i += 2) {
    const [part = 0, length = 0] = runs.slice(i, i + 2);
    for (let n = 0; n < length; n++) parts.push(part);
  }
  return (position) => {
    const part = parts[position];
    if (part === undefined) throw new Error(`the image has no package ${position}`);
    return part;
  };
}
