import { declaredListers } from '../../../src/analyze/declared/declared-lister.ts';
import { declaredDocuments } from '../../declared-documents.ts';
import { checkLister } from '../invariants.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Target } from './target.ts';

const ownWords = words(
  '[[package]]',
  '{}',
  '":{',
  'version',
  '- ',
  '? ',
  ': ',
  ' => ',
  '<<"',
  '(1.0)',
  '${',
  '\uFEFF',
);

/** Lock files and manifests, each of which is one seed. */
export const declaredTarget: Target = {
  name: 'declared',
  paths: Object.keys(declaredDocuments),
  seeds: () => Object.entries(declaredDocuments).map(([path, document]) => files({ [path]: document })),
  mutations: [...textMutations, ownWords],
  run: (input) => {
    for (const lister of declaredListers) checkLister(lister, input);
  },
};
