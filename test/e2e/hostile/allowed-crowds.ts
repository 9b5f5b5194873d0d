import { crowdOf } from './crowds.ts';
import type { Answer, HostileImage, Sizes } from './hostile-image.ts';
import { layeredImage, zstd } from './layered-image.ts';
import { end, manyMembers, members, stanza, system } from './tar-pieces.ts';

/** Just below the limit of files that are read from a layer. */
const allowed = 19_900;

const entry = 'var/lib/dpkg/status.d/#';
const right: Answer = { packages: ['hello'] };
const tooMany: Answer = { refused: /more than/ };

const files = zstd(() => crowdOf(allowed, { path: entry, content: stanza('hello') }));
const directories = zstd(() => crowdOf(allowed, { path: `${entry}/` }));
const damaged = zstd(() => crowdOf(allowed, { path: entry, content: 'x' }));
const longNames = zstd(() => crowdOf(allowed, { path: `var/lib/dpkg/status.d/.wh.${'n'.repeat(4000)}#` }));
const whiteout = zstd(() => [members({ path: 'opt/.wh.x' }), end]);

/** Images with as many files of a kind as a layer may have. Reading them must not take quadratic time or all memory. */
export function allowedCrowds({ largeLayers }: Sizes): HostileImage[] {
  const whiteouts = Array.from({ length: largeLayers * 75 }, () => whiteout);
  const crowded = Array.from({ length: 2 * largeLayers }, (_, i) =>
    zstd(() => crowdOf(allowed, { path: entry, content: stanza('hello', String(i)) })),
  );
  return [
    layeredImage(`${allowed} package files`, right, files),
    layeredImage(`${allowed} package files, twice`, right, files, files),
    layeredImage(`${allowed} package files over as many directories`, right, directories, files),
    layeredImage(`${allowed} damaged package files`, { packages: ['hello'], problem: /./ }, damaged),
    layeredImage(`${allowed} whiteouts with long names`, tooMany, longNames),
    layeredImage(
      `${whiteouts.length} layers of one whiteout over ${allowed} files`,
      right,
      files,
      ...whiteouts,
    ),
    layeredImage(`${crowded.length} layers of ${allowed} package files`, tooMany, ...crowded),
    layeredImage('20 package files of 20,000 packages', tooMany, zstd(manyPackages)),
    layeredImage('a link to a path of half a million parts', right, zstd(longLink)),
    layeredImage(`${allowed - 100} links through a chain of long ones`, right, zstd(longChain)),
  ];
}

function* manyPackages(): Generator<Uint8Array> {
  let number = 0;
  yield members({ path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' });
  for (let file = 0; file < 20; file++) {
    let content = '';
    for (let i = 0; i < 20_000; i++) content += `Package: p${number++}\nVersion: 1\n\n`;
    yield members({ path: `var/lib/dpkg/status.d/${file}`, content });
  }
  yield end;
}

function* longLink(): Generator<Uint8Array> {
  yield system;
  yield members({ path: 'var/lib/dpkg/status.d/x', target: 'x/'.repeat(500_000) });
  yield end;
}

/** Yields nearly as many links as a kernel follows, each to a path of two thousand components. */
function* longChain(): Generator<Uint8Array> {
  yield system;
  const steps = Array.from({ length: 38 }, (_, i) => ({
    path: `var/lib/dpkg/status.d/step${i}`,
    target: `${'./'.repeat(2000)}step${i + 1}`,
  }));
  yield members(...steps);
  yield* manyMembers(allowed - 100, { path: entry, target: 'step0' });
  yield end;
}
