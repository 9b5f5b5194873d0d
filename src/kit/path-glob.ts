import { globMatches } from './glob.ts';

/**
 * Whether a path is as a pattern says: `*` stands for any characters within a folder, `**` between slashes for any number of
 * folders, none included. Takes time by the product of both lengths, whatever the pattern.
 */
export function pathGlobMatches(pattern: string, path: string): boolean {
  const folders = path.split('/');
  // At which places of the path the pattern so far may end.
  let ends = new Set([0]);
  for (const segment of pattern.split('/')) ends = positionsAfter(segment, folders, ends);
  return ends.has(folders.length);
}

function positionsAfter(segment: string, folders: readonly string[], ends: ReadonlySet<number>): Set<number> {
  if (segment === '**') {
    if (ends.size === 0) return new Set();
    const first = Math.min(...ends);
    return new Set(Array.from({ length: folders.length - first + 1 }, (_, i) => first + i));
  }
  const next = [...ends].filter((end) => {
    const folder = folders[end];
    return folder !== undefined && globMatches(segment, folder);
  });
  return new Set(next.map((end) => end + 1));
}
