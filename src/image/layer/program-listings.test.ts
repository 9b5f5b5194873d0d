import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { ProgramParts } from '../../plugin/package-lister.ts';
import { ProgramListings } from './program-listings.ts';

const parts: ProgramParts = new Map([
  ['go-build-info', Buffer.from('go1.22.1\n')],
  ['go-functions', Buffer.from('runtime.main\0')],
]);

/** Lists programs whose functions have this many characters each. Returns whether functions were read and kept, by program. */
function listed(
  paths: readonly string[],
  characters: number,
): Record<string, [read: boolean, kept: boolean]> {
  const read = new Set<string>();
  const listings = new ProgramListings({
    isWanted: () => false,
    entriesOf: () => undefined,
    beginningBytesOf: () => undefined,
    list: () => [],
    programParts: new Set(['go-build-info', 'go-functions']),
    programTexts: () => [],
    listProgram: (path, found) => {
      if (found.has('go-functions')) read.add(path);
      const functions = found.has('go-functions') ? { functions: 'x'.repeat(characters) } : {};
      const item = { type: 'golang', name: 'stdlib', version: '1.22.1', ...functions };
      return [{ lister: 'golang', events: [{ kind: 'package', path, package: item }] }];
    },
  });
  for (const path of paths) listings.add(path, [parts]);
  const isKept = (path: string): boolean =>
    listings.listed
      .get(path)
      ?.some(({ events }) => events.some((one) => one.kind === 'package' && 'functions' in one.package)) ===
    true;
  return Object.fromEntries(paths.map((path) => [path, [read.has(path), isKept(path)]]));
}

test('keeps functions of programs up to the limit of a layer, and does not read those of later ones', () => {
  assert.deepEqual(listed(['a', 'b', 'c'], limits.functionCharactersPerLayer / 2), {
    a: [true, true],
    b: [true, true],
    c: [true, false],
  });
  assert.deepEqual(listed(['a', 'b'], limits.functionCharactersPerLayer + 1), {
    a: [true, false],
    b: [false, false],
  });
});
