import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'usr/lib/python3/site-packages/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json':
      '{"bomFormat":"CycloneDX","components":[{"purl":"pkg:cargo/itoa@1.0.11"},{"purl":"pkg:pypi/a@1"}]}',
  }),
];

const ownWords = words('{', '}', '[]', 'null', '"components":', 'pkg:cargo/', '@', '?', '%', '\uFEFF');

/** Documents in Python distributions. */
export const targets: ListerTargets = {
  'claimed-crates': { seeds, mutations: [...textMutations, ownWords] },
};
