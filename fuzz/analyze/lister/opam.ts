import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'home/opam/.opam/4.14/.opam-switch/packages/lwt.5.6.1/opam':
      'opam-version: "2.0"\nname: "lwt"\nversion: "5.6.1"\nlicense: "MIT"\nmaintainer: ["a@example.org"]\n',
  }),
];

const ownWords = words('license: ', 'maintainer: ', '"', '[', ']', '\n');

/** Descriptions of opam. */
export const targets: ListerTargets = { opam: { seeds, mutations: [...textMutations, ownWords] } };
