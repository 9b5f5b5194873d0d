import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'opt/bitnami/redis/.spdx-redis.spdx':
      '{"spdxVersion":"SPDX-2.3","packages":[{"licenseDeclared":"MIT","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:bitnami/redis@7.0.5-1?arch=amd64"}]}]}',
    'opt/bitnami/.bitnami_components.json': '{"redis":{"version":"7.0.5-1"}}',
  }),
];

const ownWords = words('{', '}', '[]', 'null', '"packages":', 'pkg:bitnami/', '@', '?', '%', '\uFEFF');

/** Documents of Bitnami. */
export const targets: ListerTargets = { bitnami: { seeds, mutations: [...textMutations, ownWords] } };
