import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { decodeName, encodeName } from '../../src/kit/tar/name.ts';

/** Files that are looked for: by their paths, and all of some directories. */
export interface WantedFiles {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** The files of interest below a root, as a process sees them whose root directory that is. */
export function filesIn(root: string, { files, directories }: WantedFiles): ReadonlyMap<string, Uint8Array> {
  const inDirectories = directories.flatMap((directory) =>
    namesIn(root, directory).map((name) => `${directory}/${name}`),
  );
  const found = [...files, ...inDirectories].flatMap((path) => {
    const real = realIn(root, path);
    const isFile = real !== undefined && statsOf(real)?.isFile() === true;
    return isFile ? [[path, readFileSync(real)] as const] : [];
  });
  return new Map(found);
}

function namesIn(root: string, directory: string): string[] {
  const real = realIn(root, directory);
  if (real === undefined || statsOf(real)?.isDirectory() !== true) return [];
  return readdirSync(real, { encoding: 'buffer' }).map(decodeName);
}

/** Where a path leads to, links followed without ever leaving the root; undefined where there is nothing. */
function realIn(root: string, path: string): Buffer | undefined {
  const left = path.split('/').reverse();
  const above: string[] = [];
  let isDirectory = true;
  for (let steps = 0; steps < stepsMax; steps++) {
    const part = left.pop();
    if (part === undefined) return pathOf(root, above);
    if (!isDirectory) return undefined;
    if (part === '..') above.pop();
    if (part === '' || part === '.' || part === '..') continue;
    const here = pathOf(root, [...above, part]);
    const stats = statsOf(here);
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) left.push(...followed(here, above));
    else {
      above.push(part);
      isDirectory = stats.isDirectory();
    }
  }
  return undefined;
}

/** Names on the longest path that is followed, those of its links included. */
const stepsMax = 400;

/** The names of a link's target, the last first; an absolute one begins at the root again. */
function followed(link: Buffer, above: string[]): string[] {
  const target = decodeName(readlinkSync(link, { encoding: 'buffer' }));
  if (target.startsWith('/')) above.length = 0;
  return target.split('/').reverse();
}

function pathOf(root: string, parts: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(root), ...parts.map((part) => encodeName(`/${part}`))]);
}

function statsOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
