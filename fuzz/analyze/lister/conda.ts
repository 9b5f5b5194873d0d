import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'opt/conda/conda-meta/zlib-1.2.11-h90dfc92_1014.json':
      '{"name":"zlib","version":"1.2.11","license":"Zlib","files":["lib/libz.so"],"depends":["libgcc-ng >=12"]}',
    'test/conda-meta/openssl-1.1.1w-0.json': '{"name":"openssl","version":"1.1.1w"}',
  }),
];

const ownWords = words('{', '}', '[]', '":', '"name":', '"version":', 'null', '\uFEFF');

/** Records of conda. */
export const targets: ListerTargets = { conda: { seeds, mutations: [...textMutations, ownWords] } };
