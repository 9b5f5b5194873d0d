import { zipSync } from 'fflate';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

/** An archive in a cache of Yarn. */
const archive = zipSync(
  { 'node_modules/@s/d/package.json': Buffer.from('{"name":"@s/d","version":"1.0.0"}') },
  { mtime: '1980-01-01' },
);

const seeds = (): Input[] => [
  files({
    'srv/.yarn/cache/@s-d-npm-1.0.0-1-2.zip': archive,
    'srv/.pnp.cjs': '{"packageLocation": "./.yarn/cache/@s-d-npm-1.0.0-1-2.zip/node_modules/@s/d/"}',
  }),
  files({
    'app/node_modules/a/package.json':
      '{"name":"a","version":"1.0.0","license":"MIT","dependencies":{"@s/b":"^2.0.0"},"peerDependencies":[]}',
    'app/node_modules/@s/b/package.json': '\uFEFF{"name":"@s/b","version":"v2.0.0-rc.1+x"}',
    'usr/lib/node_modules/npm/package.json': '{"name":"npm","version":"8.19.2"}',
    'usr/lib/node_modules/npm/node_modules/c/package.json': '{"name":"c","version":"workspace:*"}',
  }),
];

const ownWords = words(
  '{',
  '}',
  '[]',
  '":',
  '"name":',
  '"version":',
  '"file:',
  'null',
  'packageLocation":',
  '\uFEFF',
);

/** Manifests of npm packages. */
export const targets: ListerTargets = { npm: { seeds, mutations: [...textMutations, ownWords] } };
