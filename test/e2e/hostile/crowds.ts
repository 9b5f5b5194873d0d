import type { TarEntryPlan } from '../../../src/testing/tar-writer.ts';
import type { Answer, HostileImage, Sizes } from './hostile-image.ts';
import { gzip, layeredImage, stored, zstd } from './layered-image.ts';
import { end, manyMembers, stanza, system } from './tar-pieces.ts';

const right: Answer = { packages: ['hello'] };
const tooMany: Answer = { refused: /more than 20000 / };
const entry = 'var/lib/dpkg/status.d/#';

/** Layers with more files of one kind than allowed, or very many irrelevant ones. */
export function crowds({ members: count, files }: Sizes): HostileImage[] {
  const of = (what: string, answer: Answer, member: TarEntryPlan): HostileImage =>
    layeredImage(
      `${count} ${what}`,
      answer,
      zstd(() => crowdOf(count, member)),
    );
  const manyFiles = (): Iterable<Uint8Array> => crowdOf(files, { path: 'opt/#' });
  return [
    layeredImage(`${files} files, gzip`, right, gzip(manyFiles)),
    layeredImage(`${files} files, zstd`, right, zstd(manyFiles)),
    layeredImage(`${files} files, not compressed`, right, stored(manyFiles)),
    of('empty package files', tooMany, { path: entry }),
    of('package files', tooMany, { path: entry, content: stanza('hello') }),
    of('directories', tooMany, { path: `${entry}/` }),
    of('whiteouts', tooMany, { path: 'var/lib/dpkg/status.d/.wh.#' }),
    of('whiteouts that hide nothing of interest', right, { path: 'opt/.wh.#' }),
    of('opaque directories of no interest', right, { path: 'opt/#/.wh..wh..opq' }),
    of('symbolic links', tooMany, { path: entry, target: '/opt/x' }),
    of('hard links', tooMany, { path: entry, type: 'hardlink', target: 'var/lib/dpkg/status' }),
    of('links that no path needs', right, { path: 'opt/#', target: '/opt/x' }),
    layeredImage(
      `${count} times the same database`,
      right,
      gzip(() => crowdOf(count, { path: 'var/lib/dpkg/status', content: stanza('hello') })),
    ),
  ];
}

/** Yields a system of one package and this many members. */
export function* crowdOf(count: number, member: TarEntryPlan): Generator<Uint8Array> {
  yield system;
  yield* manyMembers(count, member);
  yield end;
}
