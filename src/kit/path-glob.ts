import { globMatches } from './glob.ts';

/**
 * Returns whether a path matches a pattern. `*` matches any characters within a folder. `**` between slashes matches any number of folders,
 * including none. The time is proportional to the product of both lengths.
 */
export function pathGlobMatches(pattern: string, path: string): boolean {
  const folders = path.split('/');
  // Positions in the path at which the pattern so far may end.
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
