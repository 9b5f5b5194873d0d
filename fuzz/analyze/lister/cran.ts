import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'usr/lib/R/library/curl/DESCRIPTION':
      'Package: curl\nVersion: 5.0.0\nAuthors@R: c(\n    person("J"))\nLicense: MIT + file LICENSE\nMaintainer: J <j@example.org>\nBuilt: R 4.2.2; ; 2023; unix\n',
    'usr/lib/R/library/stats/DESCRIPTION': 'Package: stats\r\nVersion: 4.2.2\r\nBuilt: R 4.2.2\r\n',
  }),
];

const ownWords = words('Package:', 'Version: ', 'Built: R', '\n ', '\n\n', '\r\n', 'License: GPL (>= 2)');

/** Descriptions of R packages. */
export const targets: ListerTargets = { cran: { seeds, mutations: [...textMutations, ownWords] } };
