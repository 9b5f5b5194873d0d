import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const site = 'usr/lib/python3/site-packages';

const seeds = (): Input[] => [
  files({
    [`${site}/pip-23.0.dist-info/METADATA`]:
      'Metadata-Version: 2.1\nName: pip\nVersion: 23.0\nAuthor: A\nLicense: MIT\nRequires-Dist: a_b>=1; extra == "x"\n\nText\n',
    [`${site}/pip/_vendor/vendor.txt`]: '# a\nrequests==2.26.0\n    idna==3.2 ; python_version > "3"\n',
    [`${site}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA`]:
      '\uFEFFName: wheel\r\nVersion: 0.43.0\r\n',
    [`${site}/a-1.egg-info`]:
      'Name: a\nVersion: 1!2.0+local\nClassifier: License :: OSI Approved :: MIT License\n',
  }),
];

const ownWords = words(
  'Name:',
  'Version:',
  'Requires-Dist:',
  'UNKNOWN',
  '==',
  ' ; ',
  '\n ',
  '\r\n',
  '\uFEFF',
  '\xff\xfe',
);

/** Metadata of Python distributions. */
export const targets: ListerTargets = { pypi: { seeds, mutations: [...textMutations, ownWords] } };
