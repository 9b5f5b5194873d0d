import { corpusFiles } from '../corpus-seeds.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const status = 'var/lib/dpkg/status';

const seeds = (): Input[] => [
  files({
    [status]:
      'Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\nSource: bash (5.2)\nDescription: x\n y\n\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n\n',
    'var/lib/dpkg/info/bash.list': '/.\n/bin\n/bin/bash\n/usr/lib/python3/dist-packages/x-1.egg-info\n',
    'var/lib/dpkg/info/x:amd64.list': '/usr/lib/node_modules/x/package.json\n',
    'var/lib/dpkg/info/bash.md5sums':
      'd41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/x-1.egg-info\n',
  }),
  files({
    'var/lib/dpkg/updates/0000': 'Package : Bash\nStatus:install ok UNPACKED\nVersion\t:  6\n',
    'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12\nArchitecture: all\n',
    'var/lib/dpkg/status.d/base.md5sums':
      'd41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/x-1.egg-info\n',
  }),
  ...corpusFiles('pkgdb/dpkg', /./).map((bytes) => files({ [status]: bytes })),
];

const ownWords = words(
  'Package: ',
  'Status: ',
  'install ok unpacked',
  'deinstall ok config-files',
  'triggers-awaited',
  'Version: ',
  'Source: a (1)',
  'Architecture: ',
  '(',
  ')',
  '\npackage: x\n',
);

/** The dpkg database, in one file or in parts. */
export const targets: ListerTargets = {
  dpkg: { seeds, mutations: [...textMutations, ownWords, ownWords] },
};
