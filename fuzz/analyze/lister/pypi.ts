import { zipSync } from 'fflate';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const site = 'usr/lib/python3/site-packages';

/** An archive with the metadata of a distribution. */
function archive(path: string): Uint8Array {
  return zipSync({ [path]: Buffer.from('Name: a\nVersion: 1.0\n\n') }, { mtime: '1980-01-01' });
}

const seeds = (): Input[] => [
  files({
    'wheels/a-1.0-py3-none-any.whl': archive('a-1.0.dist-info/METADATA'),
    'srv/a.pex': archive('.deps/a-1.0-py3-none-any.whl/a-1.0.dist-info/METADATA'),
    'srv/a.egg': archive('EGG-INFO/PKG-INFO'),
    [`${site}/a-1.0.dist-info/METADATA`]: 'Name: a\nVersion: 1.0\n\n',
    [`${site}/a-1.0.dist-info/RECORD`]:
      'a/__init__.py,sha256=x,1\n"b,c/d.so",,\nsix.py,,\n../../../bin/a.py,,\n',
  }),
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
