import { base256, type TarEntryPlan } from '../../../src/testing/tar-writer.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import { oddTar } from './odd-tar.ts';
import { stanza, system } from './tar-pieces.ts';

const status = 'var/lib/dpkg/status';
const content = stanza('hello');
const right: Answer = { packages: ['hello'] };
const impossible: Answer = { refused: /impossible size/ };
const cut: Answer = { refused: /cut short/ };
const tooMuchBefore: Answer = { refused: /an extended header of 1073741824 bytes/ };
const malformed: Answer = { refused: /a malformed pax header/ };

/** False sizes. */
export function oddSizes(): HostileImage[] {
  const size = (value: Uint8Array | string): TarEntryPlan => ({ path: 'opt/x', raw: { size: value } });
  const pax = (value: string): TarEntryPlan => ({ path: 'opt/x', pax: { size: value } });
  const gigabyte = { size: base256(2 ** 30) };
  return [
    oddTar('a negative size', impossible, system, size(base256(-512))),
    oddTar('a size that is no number', impossible, system, size('99999999999\0')),
    oddTar('a size beyond all numbers', impossible, system, size(base256(2n ** 80n))),
    oddTar('a size of 4 PiB with nothing behind it', cut, system, size(base256(2n ** 52n))),
    oddTar('a base-256 size', right, { path: status, content, raw: { size: base256(content.length) } }),
    oddTar('a negative pax size', impossible, system, pax('-1')),
    oddTar('a pax size that is no number', impossible, system, pax('many')),
    oddTar('a link with a size', right, { path: 'opt/x', target: 'y', raw: gigabyte }, system),
    oddTar('a directory with a size', right, { path: 'opt/', raw: gigabyte }, system),
    oddTar('a pax header of a gigabyte', tooMuchBefore, system, {
      path: 'x',
      type: 'pax-header',
      raw: gigabyte,
    }),
    oddTar('a GNU name of a gigabyte', tooMuchBefore, system, {
      path: 'x',
      type: 'gnu-long-name',
      raw: gigabyte,
    }),
    oddTar('a malformed pax header', malformed, system, {
      path: 'x',
      type: 'pax-header',
      content: '9999 path=x\n',
    }),
  ];
}

/** Sparse files with false maps. */
export function oddSparseFiles(): HostileImage[] {
  const damaged: Answer = { packages: [], problem: /sparse/ };
  const tooLarge: Answer = { refused: /var\/lib\/dpkg\/status has \d+ bytes/ };
  const whole = content.length;
  return [
    oddTar('a sparse database', right, sparse(whole, `1\n0\n${whole}\n`)),
    oddTar('a sparse file whose map leads beyond its end', damaged, sparse(whole, `1\n1000000\n${whole}\n`)),
    oddTar('a sparse file whose map wants more than there is', damaged, sparse(1_000_000, '1\n0\n999999\n')),
    oddTar('a sparse file with an endless map', damaged, sparse(whole, '99999999999\n0\n1\n')),
    oddTar('a sparse file with a map of letters', damaged, sparse(whole, 'a\nb\nc\n')),
    oddTar('a sparse file of 4 PiB', tooLarge, sparse(2 ** 52, `1\n0\n${whole}\n`)),
    oddTar('a sparse file of no size', impossible, sparse('many', `1\n0\n${whole}\n`)),
    oddTar('a sparse file of a negative size', impossible, sparse(-5, `1\n0\n${whole}\n`)),
  ];
}

/** Returns a database in the GNU sparse format 1.0: its map precedes its data. */
function sparse(realSize: number | string, map: string): TarEntryPlan {
  return {
    path: status,
    content: map.padEnd(512, '\0') + content,
    pax: {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': status,
      'GNU.sparse.realsize': String(realSize),
    },
  };
}
