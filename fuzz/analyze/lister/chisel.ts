import { zstdCompressSync } from 'node:zlib';
import type { ListerTargets } from '../lister-targets.ts';
import { within } from '../mutation/compressed.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'var/lib/chisel/manifest.wall': zstdCompressSync(
      '{"jsonwall":"1.0","schema":"1.0","count":4}\n{"kind":"package","name":"libc6","version":"2.39-0ubuntu8","sha256":"00","arch":"amd64"}\n{"kind":"path","path":"/usr/bin/ldd","mode":"0755","slices":["libc6_libs"]}\n{"kind":"slice","name":"libc6_libs"}\n',
    ),
  }),
];

const ownWords = words('{', '}', '[]', '":', '"kind":"package",', '"jsonwall":"1.0",', 'null', '\n');

/** The compressed manifest of Chisel. */
export const targets: ListerTargets = {
  chisel: { seeds, mutations: within([...textMutations, ownWords]) },
};
