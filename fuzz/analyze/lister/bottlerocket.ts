import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'usr/share/bottlerocket/application-inventory.json':
      '{"Content":[{"Name":"glibc","Publisher":"Bottlerocket","Version":"2.43","Release":"1.br1","Epoch":"1","Architecture":"x86_64"}]}',
  }),
];

const ownWords = words('{', '}', '[]', 'null', '"Content":', '"Name":', '"Epoch":"', '-', ':', '\uFEFF');

/** Inventories of Bottlerocket. */
export const targets: ListerTargets = { bottlerocket: { seeds, mutations: [...textMutations, ownWords] } };
