import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { decodeName, encodeName } from '../../src/kit/tar/name.ts';

/** Files to look for: exact paths, and all files of some directories. */
export interface WantedFiles {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** Returns the wanted files below a root, as a process sees them that has it as its root directory. */
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

/** Returns the real path inside the root, with all links resolved inside it, or undefined if nothing exists there. */
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

/** Maximum number of path components that are followed, including those of links. */
const stepsMax = 400;

/** Returns the components of a link's target in reverse order. An absolute target starts at the root again. */
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
