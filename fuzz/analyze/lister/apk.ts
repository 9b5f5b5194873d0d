import { corpusFiles } from '../corpus-seeds.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const installed = 'lib/apk/db/installed';

const seeds = (): Input[] => [
  files({
    [installed]:
      'C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\nS:1\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nF:usr/lib/node_modules/x\nR:package.json\n\nP:.build-deps\nV:2024\n\n',
  }),
  ...corpusFiles('pkgdb/apk', /./).map((bytes) => files({ [installed]: bytes })),
];

const ownWords = words('\nP:', '\nV:', '\nA:', '\no:', '\nF:', '\nR:', '\n\n', 'P:.x', '\nr:', '\nM:');

/** The apk database. */
export const targets: ListerTargets = {
  apk: { seeds, mutations: [...textMutations, ownWords, ownWords] },
};
