import { test } from 'node:test';
import { checkLister } from '../../plugin/contract/index.ts';
import { portageLister } from './portage.ts';

const database = 'var/db/pkg';

test('portage: lists packages by category, name and version, also with a revision and hyphens', () => {
  checkLister(portageLister, [
    {
      files: {
        [`${database}/dev-libs/openssl-3.0.13-r2/PF`]: 'openssl-3.0.13-r2\n',
        [`${database}/app-shells/bash-5.1_p16/PF`]: 'bash-5.1_p16\n',
        [`${database}/virtual/perl-Data-Dumper-2.184.0/PF`]: 'perl-Data-Dumper-2.184.0\n',
        [`${database}/media-libs/x-264-bin-1/PF`]: 'x-264-bin-1\n',
        [`${database}/dev-libs/other-1.0/PF`]: 'another-1.0\n',
        [`${database}/dev-libs/unversioned/PF`]: 'unversioned\n',
        [`mnt/${database}/dev-libs/elsewhere-1.0/PF`]: 'elsewhere-1.0\n',
      },
      packages: [
        'dev-libs/openssl 3.0.13-r2',
        'app-shells/bash 5.1_p16',
        'virtual/perl-Data-Dumper 2.184.0',
        'media-libs/x-264-bin 1',
      ],
      problems: 2,
    },
  ]);
});
