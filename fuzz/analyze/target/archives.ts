import { isDeepStrictEqual } from 'node:util';
import { builtIn } from '../../../src/extensions.ts';
import type { LoadBytes } from '../../../src/kit/bytes/file-pages.ts';
import type { FileLister } from '../../../src/plugin/package-lister.ts';
import { partlyRead } from '../../../src/testing/partly-read.ts';
import { InvariantViolation } from '../invariants.ts';
import { targets as mavenTargets } from '../lister/maven.ts';
import { targets as pythonTargets } from '../lister/pypi.ts';
import { bytesOf, type Input, single, type Target } from './target.ts';

const path = 'app/x';
/** Archives that a lister reads in parts if they are on disk. */
const formats = ['.jar', '.whl', '.pex', '/.yarn/cache/x.zip'];

const seeds = (): Input[] =>
  [mavenTargets, pythonTargets].flatMap((targets) =>
    Object.values(targets)
      .flatMap((format) => format.seeds())
      .flatMap((input) => [...input.values()].filter(isArchive).map(single)),
  );

function isArchive(bytes: Buffer): boolean {
  return bytes.includes('PK\x05\x06');
}

/** The listing of archives: in memory, and loaded in parts. Bytes that were not loaded are those of another archive. */
export const archiveTarget: Target = {
  name: 'archives',
  paths: [''],
  seeds,
  mutations: mavenTargets['maven']?.mutations ?? [],
  run(input) {
    const bytes = bytesOf(input);
    const [first] = seeds();
    for (const { name, listEach, readsEntry } of builtIn.listers) {
      if (listEach === undefined || readsEntry === undefined) continue;
      for (const format of formats) {
        const whole = eventsOf(listEach(), path + format, bytes);
        const parts = partlyRead(bytes, first && bytesOf(first));
        const inParts = eventsOf(listEach(), path + format, parts.bytes, parts.load);
        if (!isDeepStrictEqual(inParts, whole))
          throw new InvariantViolation(`${name} lists an archive differently when it is loaded in parts`);
      }
    }
  },
};

function eventsOf(list: FileLister, at: string, bytes: Buffer, load?: LoadBytes): unknown[] {
  return [...list(at, bytes, load)];
}
