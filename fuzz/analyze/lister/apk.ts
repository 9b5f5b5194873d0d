import { corpusFiles } from '../corpus-seeds.ts';
import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const installed = 'lib/apk/db/installed';

const document = JSON.stringify({
  spdxVersion: 'SPDX-2.3',
  creationInfo: { creators: ['Tool: melange (v0.23.9)'] },
  packages: [
    {
      SPDXID: 'a',
      externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:apk/wolfi/a@1-r0?arch=x86_64' }],
    },
    { SPDXID: 'b', externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:github/x/os@1#b.yaml' }] },
  ],
  relationships: [{ spdxElementId: 'a', relationshipType: 'DESCRIBED_BY', relatedSpdxElement: 'b' }],
});

const seeds = (): Input[] => [
  files({ 'var/lib/db/sbom/a-1-r0.spdx.json': document }),
  files({
    [installed]:
      'C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\nS:1\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nF:usr/lib/node_modules/x\nR:package.json\n\nP:.build-deps\nV:2024\n\n',
  }),
  ...corpusFiles('pkgdb/apk', /./).map((bytes) => files({ [installed]: bytes })),
];

const ownWords = words(
  '\nP:',
  '\nV:',
  '\nA:',
  '\no:',
  '\nF:',
  '\nR:',
  '\n\n',
  'P:.x',
  '\nr:',
  '\nM:',
  'pkg:apk/',
  '#',
  '.yaml',
);

/** The apk database, and the documents of melange and apko. */
export const targets: ListerTargets = {
  apk: { seeds, mutations: [...textMutations, ownWords, ownWords] },
};
