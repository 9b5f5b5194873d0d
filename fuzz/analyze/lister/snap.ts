import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'snap/hello/42/meta/snap.yaml':
      "name: hello\nversion: '2.10'\nlicense: GPL-3.0\nsummary: GNU Hello\nbase: core20\n",
  }),
];

const ownWords = words('name: ', 'version: ', "'", '|', '\n', '\uFEFF');

/** Descriptions of snaps. */
export const targets: ListerTargets = { snap: { seeds, mutations: [...textMutations, ownWords] } };
