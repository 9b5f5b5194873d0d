import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { condaLister } from './conda.ts';

test('conda: lists the records of an environment at any prefix, and reports damaged ones', () => {
  checkLister(condaLister, [
    {
      files: {
        'test/conda-meta/openssl-1.1.1w-h7f8727e_0.json':
          '{"name":"openssl","version":"1.1.1w","license":"OpenSSL","files":["lib/libssl.so.1.1"]}',
        'opt/conda/envs/a/conda-meta/zlib-1.2.11-h90dfc92_1014.json': '{"name":"zlib","version":"1.2.11"}',
        'opt/conda/conda-meta/cut-1.0-0.json': '{"name":"cut"',
        'opt/conda/conda-meta/odd-1.0-0.json': '{"name":"a b","version":"1.0"}',
        'opt/conda/conda-meta/none-1.0-0.json': '{"name":"none"}',
      },
      packages: ['openssl 1.1.1w', 'zlib 1.2.11'],
      problems: 3,
    },
  ]);
});

corpusTest('conda: lists the records of the corpus by the names of their files', () => {
  const directory =
    'pkgdb/lang/conda/syft/syft/pkg/cataloger/conda/testdata/conda-meta-python-c-etc/conda-meta';
  const names = readdirSync(corpus(directory));
  const files = names.map(
    (name) => [`conda-meta/${name}`, readFileSync(corpus(`${directory}/${name}`))] as const,
  );
  const listed = [...condaLister.list(new Map(files))].flatMap((event) =>
    event.kind === 'package' ? [`${event.package.name}-${event.package.version}`] : [],
  );
  assert.deepEqual(listed.sort(), names.map((name) => name.replace(/-[^-]+\.json$/, '')).sort());
});
