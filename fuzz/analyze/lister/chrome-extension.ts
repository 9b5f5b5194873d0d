import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'root/.config/chromium/Default/Extensions/abcdefghijklmnopabcdefghijklmnop/1.2.3_0/manifest.json':
      '{"manifest_version":3,"name":"__MSG_name__","version":"1.2.3"}',
  }),
];

const ownWords = words('"manifest_version":', '"version":', '{', '}', 'null', '\uFEFF');

/** Extensions of Chrome. */
export const targets: ListerTargets = {
  'chrome-extension': { seeds, mutations: [...textMutations, ownWords] },
};
