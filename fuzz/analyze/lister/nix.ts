import { storeDatabase } from '../../../src/testing/store-writer.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'nix/var/nix/db/db.sqlite': storeDatabase('/nix/store', ['hello-2.12.1', 'openssl-3.0.8-bin', 'source']),
  }),
];

const ownWords = words('/nix/store/', 'ValidPaths', '-2.12', '.drv', '-', 'CREATE TABLE', '\0');

/** Databases of Nix. */
export const targets: ListerTargets = { nix: { seeds, mutations: [...textMutations, ownWords] } };
