import { builtIn } from '../../../src/extensions.ts';
import type { Distro } from '../../../src/model/distro.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import { checkText, InvariantViolation } from '../invariants.ts';
import { goBack, textMutations, words } from '../mutation/text.ts';
import { concrete, files, type Target } from './target.ts';

const samples: Readonly<Record<string, string>> = {
  'etc/os-release':
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID_LIKE="a b"\nSUPPORT_END=2028-06-30\n',
  'usr/lib/os-release': 'ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux edge"\n',
  'etc/redhat-release': 'CentOS Linux release 7.6.1810 (Core)\n',
  'etc/oracle-release': 'Oracle Linux Server release 9.3\n',
  'etc/system-release-cpe': 'cpe:/o:centos:linux:6:GA\n',
  'etc/SuSE-release': 'SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n',
  'etc/photon-release': 'VMware Photon OS 4.0\n',
  'etc/alpine-release': '3.19.1\n',
  'etc/issue': 'Welcome to Alpine Linux 3.3\nKernel \\r on an \\m (\\l)\n',
  'etc/apk/repositories':
    'https://example.com/alpine/v3.20/main\n@edge https://example.com/alpine/edge/main\n',
  'etc/lsb-release':
    'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION="Ubuntu 22.04"\n',
  'etc/debian_version': 'trixie/sid\n',
  'etc/apt/sources.list':
    'deb [arch=amd64 signed-by=/x] http://example.com/debian bookworm-updates main contrib # x\n',
  'etc/apt/sources.list.d/x.sources':
    'Types: deb deb-src\nURIs: http://example.com\nSuites: bookworm bookworm-updates\nComponents: main\nEnabled: yes\n',
};

const someWords = words(
  'ID=',
  'VERSION_ID=',
  'NAME="',
  'export ',
  ' release ',
  'Alpine Linux ',
  'deb ',
  'main',
  'cpe:/o:',
  '1.1',
  '/sid',
  'alpine',
  'debian',
  'edge',
  'rhel',
);

/** Runs all distribution detectors separately. */
export const osReleaseTarget: Target = {
  name: 'os-release',
  paths: [
    ...new Set([...builtIn.detectors.flatMap(({ wants }) => wants).map(concrete), ...Object.keys(samples)]),
  ],
  seeds: () => [
    files(samples),
    ...Object.entries(samples).map(([path, text]) => files({ [path]: text })),
    ...corpusFiles('pkgdb/os-release', /os-release$/).map((bytes) => files({ 'etc/os-release': bytes })),
    ...corpusFiles('pkgdb/os-release', /(?:redhat|centos|oracle)-release$/, 8).map((bytes) =>
      files({ 'etc/redhat-release': bytes }),
    ),
  ],
  mutations: [...textMutations, goBack, goBack, goBack, someWords, someWords],
  run(input) {
    for (const detector of builtIn.detectors) {
      const distro = detector.detect(input);
      if (distro !== undefined) check(distro);
    }
  },
};

const word = /^[A-Za-z0-9][\w.~+-]{0,127}$/;

function check({
  id,
  versionId = '1',
  versionCodename = 'x',
  prettyName = '',
  like,
  supportEnd = '',
}: Distro): void {
  for (const text of [id, versionId, versionCodename, ...like])
    if (!word.test(text))
      throw new InvariantViolation('a distribution has an invalid id, version or codename');
  checkText('the name of a distribution', prettyName);
  checkText('the end of support', supportEnd);
}
