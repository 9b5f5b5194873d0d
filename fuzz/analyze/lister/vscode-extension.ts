import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'root/.vscode-server/extensions/ms-python.python-2024.1.0/package.json':
      '{"name":"python","publisher":"ms-python","version":"2024.1.0","license":"MIT","engines":{"vscode":"^1.82.0"}}',
  }),
];

const ownWords = words('"name":', '"publisher":', '"engines":', '{', '}', 'null', '\uFEFF');

/** Extensions of Visual Studio Code. */
export const targets: ListerTargets = {
  'vscode-extension': { seeds, mutations: [...textMutations, ownWords] },
};
