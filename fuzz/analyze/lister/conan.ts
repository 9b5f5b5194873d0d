import { conanCache } from '../../../src/testing/conan-cache.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'root/.conan2/p/cache.sqlite3': conanCache([
      ['zlib/1.3.1', 'b/zlibda00419ee546d'],
      ['acme/2.0@acme/stable', 'acme51284067b8c'],
    ]),
    'root/.conan2/p/b/zlibda00419ee546d/p/conaninfo.txt': '[settings]\narch=x86_64\n',
    'root/.conan2/p/b/zlibda00419ee546d/b/conaninfo.txt': '[settings]\narch=x86_64\n',
  }),
  files({
    'root/.conan/data/zlib/1.2.13/_/_/package/0a1b/conaninfo.txt':
      '[settings]\n    arch=x86_64\n\n[full_requires]\n',
  }),
];

const ownWords = words('[settings]', '\n', 'packages', 'reference', '/1.3.1', '@', '/', 'CREATE TABLE', '\0');

/** Packages in the caches of Conan 1 and 2. */
export const targets: ListerTargets = { conan: { seeds, mutations: [...textMutations, ownWords] } };
