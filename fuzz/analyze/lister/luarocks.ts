import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'usr/local/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec':
      'package = "LPeg"\nversion = "1.0.2-1"\nsource = {\n   url = "https://a.example/lpeg-1.0.2.tar.gz",\n}\n',
  }),
];

const ownWords = words('"', 'package = ', 'version = ', '[[', ']]', '\n', '\uFEFF');

/** Specifications of LuaRocks. */
export const targets: ListerTargets = { luarocks: { seeds, mutations: [...textMutations, ownWords] } };
