import { deflateSync } from 'node:zlib';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const list =
  '{"packages":[{"name":"a","version":"1.0.0","source":"crates.io","kind":"build","dependencies":[1]},{"name":"b","version":"0.1.0-rc.1","source":"git"}],"format":1}';

const seeds = (): Input[] => [
  files({ 'cargo-audit-data': deflateSync(list) }),
  // Without compression, so that mutations reach the text.
  files({ 'cargo-audit-data': deflateSync(list, { level: 0 }) }),
  files({
    'cargo-source-paths':
      'index.crates.io-6f17d22bba15001f/clap-2.33.1\ngithub.com-1ecc6299db9ec823/a-b-1.0.0-rc.1',
  }),
];

const ownWords = words('{', '}', '[]', '":', '"name":', '"version":', '"kind":"build"', '-1.0.0', '/', '\n');

/** Lists of cargo-auditable, and paths of sources in Rust programs. */
export const targets: ListerTargets = { cargo: { seeds, mutations: [...textMutations, ownWords] } };
