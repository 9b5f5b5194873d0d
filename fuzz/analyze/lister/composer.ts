import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'var/www/vendor/composer/installed.json':
      '{"packages":[{"name":"symfony/symfony","version":"v4.4.1","license":["MIT"],"authors":[{"name":"A"}],"replace":{"symfony/http-kernel":"self.version"}}],"dev":true}',
    'srv/vendor/composer/installed.json':
      '[{"name":"psr/log","version":"dev-main","require":{"php":">=5"},"provide":[]}]',
  }),
];

const ownWords = words(
  '{',
  '}',
  '[]',
  '":',
  '"name":',
  '"version":',
  '"packages":',
  '"self.version"',
  'null',
  '\uFEFF',
);

/** Composer's lists of installed packages. */
export const targets: ListerTargets = { composer: { seeds, mutations: [...textMutations, ownWords] } };
