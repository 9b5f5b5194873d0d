import type { ListerFormat } from './lister-targets.ts';
import { textMutations, words } from './mutation/text.ts';
import { files, type Input } from './target/target.ts';

const seeds = (): Input[] => [
  files({
    'usr/lib/python3/site-packages/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json':
      '{"bomFormat":"CycloneDX","components":[{"purl":"pkg:cargo/itoa@1.0.11"},{"purl":"pkg:pypi/a@1"},{"purl":"pkg:generic/openssl@4.0.3"},{"purl":"pkg:rpm/almalinux/libssh@0.9.6-14.el8"}]}',
  }),
];

const ownWords = words(
  ...['{', '}', '[]', 'null', '"components":', 'pkg:cargo/', 'pkg:rpm/', 'pkg:generic/openssl'],
  ...['almalinux/', 'centos/', '.el7', '.el8', '.el9', '.el10', '@', '?', '%', '\uFEFF'],
);

/** Documents in Python distributions, which several listers read. */
export const wheelClaims: ListerFormat = { seeds, mutations: [...textMutations, ownWords] };
