import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'home/linuxbrew/.linuxbrew/Cellar/jq/1.6_1/INSTALL_RECEIPT.json':
      '{"homebrew_version":"4.1.0","source":{"versions":{"stable":"1.6"}}}',
  }),
];

const ownWords = words('{', '}', 'null', '\uFEFF');

/** Receipts of Homebrew. */
export const targets: ListerTargets = { brew: { seeds, mutations: [...textMutations, ownWords] } };
