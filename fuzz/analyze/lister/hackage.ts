import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'opt/ghc/lib/package.conf.d/base-4.18.0.0.conf':
      'name:                 base\nversion:              4.18.0.0\nvisibility:           public\nid:                   base-4.18.0.0\nlicense:              BSD-3-Clause\nmaintainer:           libraries@haskell.org\ndescription:\n    Text\n    .\n    More\nexposed: True\n',
  }),
];

const ownWords = words('name: ', 'version: ', 'package-name: ', 'license: ', ' ', '\n', '\n\n');

/** Registrations of GHC. */
export const targets: ListerTargets = { hackage: { seeds, mutations: [...textMutations, ownWords] } };
