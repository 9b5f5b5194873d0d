import { join } from 'node:path';
import type { TarEntryPlan } from '../../../src/testing/tar-writer.ts';
import type { HostileImage } from './hostile-image.ts';
import { writeLayer } from './layer-file.ts';
import { oddTar } from './odd-tar.ts';
import { end, members, system } from './tar-pieces.ts';

/** Names that cost far more to parse than to read. */
export function longNames(): HostileImage[] {
  const directories = 'a/'.repeat(524_000);
  return [
    {
      name: '600 names of a megabyte of directories',
      write: (directory) => writeRepeated(directory, 600, { path: directories }),
      answer: {
        packages: ['hello'],
        problem: /a name of more than 4096 bytes was skipped/,
      },
    },
    oddTar(
      'a hard link to a megabyte of directories',
      { packages: ['hello'], problem: /a hard link to a name of more than 4096 bytes was skipped/ },
      system,
      { path: 'usr/bin/tool', type: 'hardlink', target: directories },
    ),
    oddTar(
      'links from 480 lists of files to 2,000 directories each',
      { packages: ['hello'], problem: /^leads to .* 480 links lead to paths that were not read/ },
      system,
      members(...deepLinks()),
    ),
    oddTar('a list of files that has empty lines only', { packages: ['hello'] }, system, {
      path: 'var/lib/dpkg/info/hello.list',
      content: Buffer.alloc(4 * 1024 * 1024, '\n'),
    }),
  ];
}

function writeRepeated(directory: string, count: number, entry: TarEntryPlan): string {
  const path = join(directory, 'layer.tar.gz');
  writeLayer(path, 'gzip', [system, ...new Array<Uint8Array>(count).fill(members(entry)), end]);
  return `rootfs-tar:${path}`;
}

function deepLinks(): TarEntryPlan[] {
  return Array.from({ length: 480 }, (_, i) => ({
    path: `var/lib/dpkg/info/p${i}.list`,
    target: `${i}${'/a'.repeat(2040)}`,
  }));
}
