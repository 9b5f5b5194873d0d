import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'var/db/pkg/app-shells/bash-5.1_p16-r2/PF': 'bash-5.1_p16-r2\n',
  }),
];

const ownWords = words('-r1', '_p1', '-', '.', ' ', '\n');

/** Entries of portage. */
export const targets: ListerTargets = { portage: { seeds, mutations: [...textMutations, ownWords] } };
