import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedDate, VulnerabilityRecord } from '../../plugin/index.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { program } from '../../version/program.ts';
import { productSource } from './products.ts';

const madeOf = [{ source: 'cve', feed: 'list' }];
const source = productSource({ name: 'cve-products', by: ['cna', 'cisa-adp'], madeOf, scheme: program });
const ofNvd = productSource({ name: 'nvd-products', by: ['nvd'], madeOf, scheme: program });

async function read(
  elements: readonly object[],
  from = source,
  dates: FeedDate[] = [],
): Promise<VulnerabilityRecord[]> {
  const body = inChunks(Buffer.from(JSON.stringify(elements)), 100);
  const content = { url: 'the stored lists', body, fingerprint: '' };
  const records = await collectAll(from.parse('all', content, (date) => dates.push(date)));
  return records as VulnerabilityRecord[];
}

function stated(product: string, by: string, ...versions: readonly object[]): object {
  return { product, by, versions: versions.map((one) => ({ status: 'affected', ...one })) };
}

/** Returns the rows of records in short form. */
function rowsOf(records: readonly VulnerabilityRecord[]): string[] {
  return records.flatMap(({ id, affected }) =>
    affected.map(({ namespace, range, fix }) =>
      [id, namespace.name, range.from ?? '', range.to ?? '', fix.state].join(' '),
    ),
  );
}

test('covers the namespaces of products and no others', () => {
  assert.deepEqual(source.feedsFor('generic:openssl'), ['all']);
  for (const other of ['generic', 'generic:openjdk', 'openssl', 'debian:12'])
    assert.deepEqual(source.feedsFor(other), [], other);
});

test('makes an advisory of a CVE, with the versions of its assigner', async () => {
  const dates: FeedDate[] = [];
  const [record, ...others] = await read(
    [
      { dated: '2026-11-27T13:00:00.000Z' },
      {
        id: 'CVE-2024-5535',
        products: [
          stated('openssl', 'cna', { version: '1.0.2', lessThan: '1.0.2zk' }),
          stated('openssl', 'cisa-adp', { version: '1.0.2', lessThan: '1.0.2z' }),
        ],
      },
    ],
    source,
    dates,
  );
  assert.deepEqual(others, []);
  assert.deepEqual(record, {
    kind: 'vulnerability',
    key: 'CVE-2024-5535',
    id: 'CVE-2024-5535',
    aliases: [],
    links: ['https://www.cve.org/CVERecord?id=CVE-2024-5535'],
    severity: 'Unknown',
    cvss: [],
    affected: [
      {
        namespace: { name: 'generic:openssl', versionScheme: 'program' },
        package: 'openssl',
        range: { from: '1.0.2', to: '1.0.2zk' },
        fix: { state: 'fixed', version: '1.0.2zk' },
      },
    ],
  });
  assert.deepEqual(dates, [{ dated: '2026-11-27T13:00:00.000Z', by: 'feed' }]);
});

test('uses the versions of CISA, then of NVD, if those before cannot be compared', async () => {
  const unclear = stated('redis', 'cna', { version: 'all', lessThan: 'patched' });
  const elements = [
    {
      id: 'CVE-2024-1',
      products: [unclear, stated('redis', 'cisa-adp', { version: '7.0.0', lessThan: '7.0.12' })],
    },
    { id: 'CVE-2024-2', products: [unclear] },
    { id: 'CVE-2024-3', products: [stated('redis', 'cisa-adp', { version: '7.1.0' })] },
    { id: 'CVE-2024-1', products: [stated('redis', 'nvd', { version: '0', lessThan: '9' })] },
    { id: 'CVE-2024-2', products: [stated('redis', 'nvd', { version: '0', lessThan: '8' })] },
    { id: 'CVE-2024-3', products: [stated('redis', 'nvd', { version: '0', lessThan: '7.2' })] },
  ];
  assert.deepEqual(rowsOf(await read(elements.slice(0, 3))), [
    'CVE-2024-1 generic:redis 7.0.0 7.0.12 fixed',
    'CVE-2024-2 generic:redis   under-investigation',
    'CVE-2024-3 generic:redis 7.1.0 7.1.0 unfixed',
  ]);
  assert.deepEqual(rowsOf(await read(elements, ofNvd)), [
    'CVE-2024-2 generic:redis  8 fixed',
    'CVE-2024-3 generic:redis  7.2 fixed',
  ]);
});

test('uses the versions of a project behind those of the assigner, and before those of NVD', async () => {
  const project = (id: string, versions: object) => ({ id, products: [stated('node', 'project', versions)] });
  const elements = [
    { id: 'CVE-2024-1', products: [stated('node', 'cna', { version: '20.0.0', lessThan: '20.5.0' })] },
    project('CVE-2024-1', { version: '18.0.0', lessThan: '20.9.0' }),
    project('CVE-2024-2', { version: '18.1.0' }),
    { id: 'CVE-2024-2', products: [stated('node', 'nvd', { version: '0', lessThan: '19' })] },
  ];
  const ofProject = productSource({
    name: 'node-products',
    by: ['project'],
    products: ['node'],
    madeOf,
    scheme: program,
  });
  assert.deepEqual(rowsOf(await read(elements, ofProject)), [
    'CVE-2024-2 generic:node 18.1.0 18.1.0 unfixed',
  ]);
  assert.deepEqual(rowsOf(await read(elements, ofNvd)), []);
  assert.deepEqual(ofProject.feedsFor('generic:node'), ['all']);
  assert.deepEqual(ofProject.feedsFor('generic:curl'), []);
});

test('reports affected versions that cannot be compared beside others', async () => {
  const mixed = stated('php', 'cna', { version: '8.1.*', lessThan: '8.1.28' }, { version: 'a branch' });
  assert.deepEqual(rowsOf(await read([{ id: 'CVE-2024-1', products: [mixed] }])), [
    'CVE-2024-1 generic:php 8.1 8.1.28 fixed',
    'CVE-2024-1 generic:php   under-investigation',
  ]);
});

test('gives nothing for a product that is cleared, or is not assessed', async () => {
  const cleared = {
    product: 'php',
    by: 'cna',
    versions: [{ status: 'unaffected', version: '0', lessThan: '*' }],
  };
  assert.deepEqual(await read([{ id: 'CVE-2024-1', products: [cleared] }]), []);
  assert.deepEqual(await read([{ id: 'CVE-2024-1', products: [stated('x', 'cna', { version: '1' })] }]), []);
  assert.deepEqual(await read([]), []);
});

test('refuses content that is damaged', async () => {
  const damaged = {
    code: 'feed-corrupt',
    message: /cve-products feed all from the stored lists is damaged at 0/,
  };
  await assert.rejects(read([{ id: 'CVE-2024-1' }]), damaged);
  await assert.rejects(
    read([{ id: 'CVE-2024-1', products: [{ product: 'php', by: 'x', versions: [] }] }]),
    damaged,
  );
});
