import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../kit/errors.ts';
import { readingFile } from '../../kit/system-error.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import type { CollectedLayer } from './collector.ts';
import { LayerCollector } from './collector.ts';
import type { WantedPaths } from './wanted.ts';

/**
 * Looks for the wanted paths in a root file system on disk. Only what is wanted is looked at, and no link is followed, so
 * nothing outside the directory is ever read.
 */
export function readDirectory(root: string, wanted: WantedPaths): CollectedLayer {
  const collector = new LayerCollector(wanted);
  const pending = [''];
  for (let directory = pending.shift(); directory !== undefined; directory = pending.shift()) {
    for (const path of wanted.childrenOf(directory) ?? namesIn(root, directory)) {
      if (collect(root, path, collector) === 'directory') pending.push(path);
    }
  }
  return collector.collected();
}

function namesIn(root: string, directory: string): string[] {
  const place = join(root, directory);
  const names = readingFile(place, () => readdirSync(place)).sort();
  return names.map((name) => (directory === '' ? name : `${directory}/${name}`));
}

function collect(root: string, path: string, collector: LayerCollector): TarEntry['type'] | undefined {
  const place = join(root, path);
  const stats = readingFile(place, () => lstatSync(place, { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  const type = typeOf(stats);
  const target = type === 'symbolic-link' ? readingFile(place, () => readlinkSync(place)) : '';
  const sink = collector.visit({ path, type, size: stats.size, target, offset: 0 });
  if (sink === undefined) return type;
  try {
    sink.write(readRegularFile(place, stats.size));
    sink.close();
  } catch (error) {
    collector.remark(path, `cannot be read: ${messageOf(error)}`);
  }
  return type;
}

/** The file may have been exchanged or grown since it was looked at: what is opened is looked at again, and is no link. */
function readRegularFile(place: string, size: number): Buffer {
  const file = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size !== size) throw new Error('it changed while being read');
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function typeOf(stats: Stats): TarEntry['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symbolic-link' : 'other';
}
