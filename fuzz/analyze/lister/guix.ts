import { storeDatabase } from '../../../src/testing/store-writer.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'var/guix/db/db.sqlite': storeDatabase('/gnu/store', ['hello-2.12.1', 'openssl-3.0.8-bin', 'source']),
  }),
];

const ownWords = words('/gnu/store/', 'ValidPaths', '-2.12', '.drv', '-', 'CREATE TABLE', '\0');

/** Databases of Guix. */
export const targets: ListerTargets = { guix: { seeds, mutations: [...textMutations, ownWords] } };
