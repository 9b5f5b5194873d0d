import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'root/.pub-cache/hosted/pub.dev/http-1.1.0/pubspec.yaml':
      "name: http\nversion: 1.1.0 # x\ndescription: >-\n  A library\nenvironment:\n  sdk: '>=3.0.0 <4.0.0'\n",
    'root/.pub-cache/git/http-0a1b2c/pubspec.yaml': 'name: \'http\'\nversion: "1.2.0-dev"\n',
  }),
];

const ownWords = words('name: ', 'version: ', '"', "'", '>-', '|', ' #', '\n', '\uFEFF');

/** Packages in the cache of pub. */
export const targets: ListerTargets = { pub: { seeds, mutations: [...textMutations, ownWords] } };
