import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'root/.conan/data/zlib/1.2.13/_/_/package/0a1b/conaninfo.txt':
      '[settings]\n    arch=x86_64\n\n[full_requires]\n',
  }),
];

const ownWords = words('[settings]', '\n');

/** Packages in the cache of Conan. */
export const targets: ListerTargets = { conan: { seeds, mutations: [...textMutations, ownWords] } };
