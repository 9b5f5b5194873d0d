import { type TarEntryPlan, tar } from '../../../src/testing/tar-writer.ts';
import type { Answer, HostileImage } from './hostile-image.ts';
import { oddTar, openTar } from './odd-tar.ts';
import { end, members, stanza, system } from './tar-pieces.ts';

const status = 'var/lib/dpkg/status';
const right: Answer = { packages: ['hello'] };
/** The content of the directory is removed by some runtimes only. */
const replaced: Answer = { packages: [], problem: /replaces a directory that has files of the same layer/ };
const tooLong: Answer = {
  packages: ['hello'],
  problem: /a name of more than 4096 bytes was skipped/,
};

/** Names that are too long, too deep or lead outside, and files that replace another one. */
export function oddNames(): HostileImage[] {
  const long = 'n'.repeat(1_000_000);
  return [
    oddTar('a name of a million characters, pax', tooLong, system, { path: long }),
    oddTar('a name of a million characters, GNU', tooLong, system, { path: long, longNames: 'gnu' }),
    oddTar('a link target of a million characters', right, system, { path: 'opt/x', target: long }),
    oddTar('a directory 100,000 deep', tooLong, system, { path: `${'d/'.repeat(100_000)}x` }),
    oddTar('a directory 2,000 deep above a marker', right, system, { path: `${'d/'.repeat(2000)}.wh.x` }),
    oddTar('names that lead upwards', { packages: ['up'] }, system, database('up', `../../opt/../${status}`)),
    oddTar('an absolute name', { packages: ['absolute'] }, system, database('absolute', `//${status}`)),
    oddTar('a name that is no text', right, system, {
      path: 'x',
      raw: { name: Uint8Array.of(0xff, 0xfe, 0x80) },
    }),
    oddTar('the same file twice', { packages: ['second'] }, database('first'), system, database('second')),
    oddTar('a file over its own directory', replaced, system, { path: 'var/lib/dpkg', content: 'x' }),
  ];
}

/** Archives that end too early, too late or more than once. */
export function oddEnds(): HostileImage[] {
  const badSum = members({ path: 'x', raw: { checksum: '0000000\0' } });
  const paxAlone = members({ path: 'x', pax: { path: 'y' } }).subarray(0, 1024);
  return [
    openTar('no end blocks', right, system),
    openTar('one end block', right, system, new Uint8Array(512)),
    openTar('rubbish behind the end', right, system, end, Buffer.alloc(10_000, 'rubbish')),
    openTar('one archive behind the other', right, system, end, tar([database('later')])),
    openTar('an end within a file', { refused: /cut short/ }, system.subarray(0, -600)),
    openTar('a header with a wrong checksum', { refused: /no tar header/ }, system, badSum),
    openTar('a pax header that nothing follows', { refused: /cut short/ }, system, paxAlone),
  ];
}

function database(name: string, path: string = status): TarEntryPlan {
  return { path, content: stanza(name) };
}
