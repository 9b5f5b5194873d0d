import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { Affected, FeedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import {
  assertDetectsDamage,
  assertRefused,
  type FeedSample,
  parseSample,
} from '../../testing/damaged-feed.ts';
import { inChunks } from '../../testing/streams.ts';
import { tar } from '../../testing/tar-writer.ts';
import { rhel } from './rhel.ts';
import { readVexDocument } from './vex-document.ts';

type Status = 'fixed' | 'known_affected' | 'known_not_affected' | 'under_investigation';

interface Product {
  readonly stream: string;
  readonly cpe: string;
  readonly package: string;
  readonly purl?: string;
  readonly status: Status;
  readonly remedy?: string;
  readonly impact?: string;
}

/** Returns a VEX document as Red Hat writes it. */
function vex(products: readonly Product[]): Record<string, unknown> {
  return {
    document: {
      category: 'csaf_vex',
      aggregate_severity: { text: 'Moderate' },
      tracking: {
        id: 'CVE-2024-0001',
        status: 'final',
        current_release_date: '2024-05-01T10:00:00+00:00',
      },
    },
    product_tree: tree(products),
    vulnerabilities: [statement(products)],
  };
}

function idOf({ stream, package: name }: Product): string {
  return `${stream}:${name}`;
}

function tree(products: readonly Product[]): object {
  const leaf = (id: string, helper: object) => ({
    product: { name: id, product_id: id, product_identification_helper: helper },
  });
  const leaves = products.flatMap(({ stream, cpe, package: name, purl }) => [
    leaf(stream, { cpe }),
    leaf(name, purl === undefined ? {} : { purl }),
  ]);
  return {
    branches: [{ category: 'vendor', name: 'Red Hat', branches: leaves }],
    relationships: products.map((product) => ({
      category: 'default_component_of',
      full_product_name: { name: 'x', product_id: idOf(product) },
      product_reference: product.package,
      relates_to_product_reference: product.stream,
    })),
  };
}

function statement(products: readonly Product[]): object {
  const ids = (status: Status) => products.filter((product) => product.status === status).map(idOf);
  const each = (category: string, details: (product: Product) => string | undefined) =>
    products
      .filter((product) => details(product) !== undefined)
      .map((product) => ({ category, details: details(product), product_ids: [idOf(product)] }));
  const advisory = 'https://access.redhat.com/errata/RHSA-2024:0002';
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H';
  return {
    cve: 'CVE-2024-0001',
    notes: [{ category: 'description', text: 'A bug.' }],
    product_status: {
      fixed: ids('fixed'),
      known_affected: ids('known_affected'),
      known_not_affected: ids('known_not_affected'),
      under_investigation: ids('under_investigation'),
    },
    remediations: [
      { category: 'vendor_fix', details: 'Update.', url: advisory, product_ids: ids('fixed') },
      ...each('no_fix_planned', ({ remedy }) => remedy),
    ],
    threats: each('impact', ({ impact }) => impact),
    scores: [{ cvss_v3: { vectorString: vector, baseScore: 7.5 }, products: [] }],
    references: [{ category: 'self', url: 'https://access.redhat.com/security/cve/CVE-2024-0001' }],
  };
}

const appstream = { stream: 'AppStream-9.3.0.Z.MAIN', cpe: 'cpe:/a:redhat:enterprise_linux:9::appstream' };
const baseos = { stream: 'BaseOS-9.3.0.Z.MAIN', cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' };

function fixed(arch: string, stream: { stream: string; cpe: string } = appstream, query = ''): Product {
  return {
    ...stream,
    package: `vim-2:9-1.el9.${arch}`,
    purl: `pkg:rpm/redhat/vim@9-1.el9?arch=${arch}&epoch=2${query}`,
    status: 'fixed',
  };
}

function open(name: string, status: Status, rest: Partial<Product> = {}): Product {
  return {
    stream: 'red_hat_enterprise_linux_9',
    cpe: 'cpe:/o:redhat:enterprise_linux:9',
    package: name,
    purl: `pkg:rpm/redhat/${name}?arch=src`,
    status,
    ...rest,
  };
}

function rows(...products: Product[]) {
  const records = [...readVexDocument('CVE-2024-0001', vex(products))];
  const record = records.find((one) => one.kind === 'vulnerability');
  assert.ok(record !== undefined, JSON.stringify(records));
  return record.affected;
}

test('reads a document as a vulnerability with rows by package and product stream', () => {
  const document = vex([
    fixed('x86_64'),
    fixed('aarch64'),
    fixed('src'),
    fixed('x86_64', baseos),
    fixed('aarch64', baseos),
  ]);
  assert.deepEqual(
    [...readVexDocument('CVE-2024-0001', document)],
    [
      {
        kind: 'vulnerability',
        key: 'CVE-2024-0001',
        id: 'CVE-2024-0001',
        aliases: ['RHSA-2024:0002'],
        description: 'A bug.',
        links: [
          'https://access.redhat.com/security/cve/CVE-2024-0001',
          'https://access.redhat.com/errata/RHSA-2024:0002',
        ],
        severity: 'Medium',
        cvss: [{ source: 'Red Hat', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', score: 7.5 }],
        modified: '2024-05-01T10:00:00.000Z',
        affected: [
          {
            namespace: { name: 'rhel:9', versionScheme: 'rpm' },
            package: 'vim',
            range: { to: '2:9-1.el9' },
            fix: { state: 'fixed', version: '2:9-1.el9' },
            only: { arch: ['aarch64', 'x86_64'], products: [appstream.cpe, baseos.cpe] },
          },
        ],
      },
    ],
  );
});

test('maps each status and remediation to a state', () => {
  const state = (status: Status, remedy?: string) =>
    rows(open('vim', status, remedy === undefined ? {} : { remedy })).map(({ fix, range, only }) => [
      fix.state,
      range,
      only?.arch,
    ]);
  const all = (name: string) => [[name, {}, ['src']]];
  assert.deepEqual(state('known_affected'), all('unfixed'));
  assert.deepEqual(state('known_affected', 'Affected'), all('unfixed'));
  assert.deepEqual(state('known_affected', 'Fix deferred'), all('deferred'));
  assert.deepEqual(state('known_affected', 'Will not fix'), all('will-not-fix'));
  assert.deepEqual(state('known_affected', 'Out of support scope'), all('end-of-life'));
  assert.deepEqual(state('known_not_affected'), all('not-affected'));
  assert.deepEqual(state('under_investigation'), all('under-investigation'));
});

test('separates streams of extended support from the general one', () => {
  const eus = { stream: 'AppStream-9.2.0.Z.EUS', cpe: 'cpe:/a:redhat:rhel_eus:9.2::appstream' };
  const purl = 'pkg:rpm/redhat/vim@9-1.el9_2?arch=x86_64&epoch=2';
  const both = rows(fixed('x86_64'), { ...fixed('x86_64', eus), package: 'vim-2:9-1.el9_2.x86_64', purl });
  assert.deepEqual(
    both.map(({ range, only }) => [range.to, only?.products]),
    [
      ['2:9-1.el9', [appstream.cpe]],
      ['2:9-1.el9_2', [eus.cpe]],
    ],
  );
});

test('reads a module from the purl, or from the product between package and stream', () => {
  const module = (...products: Product[]) => rows(...products).map(({ only }) => only?.module);
  assert.deepEqual(module(fixed('x86_64', appstream, '&rpmmod=vim:9:9030020230905:abc')), ['vim:9']);
  assert.deepEqual(
    module(
      open('nodejs:18/nodejs', 'known_affected', { purl: 'pkg:rpm/redhat/nodejs?arch=src&rpmmod=nodejs:18' }),
    ),
    ['nodejs:18'],
  );
  const inModule = fixed('x86_64', { stream: 'AppStream-9:vim:9:9030020230905:abc', cpe: '' });
  const document = vex([inModule]) as { product_tree: { branches: object[]; relationships: object[] } };
  const helper = (cpe: object) => ({ product: { name: 'x', product_identification_helper: cpe } });
  document.product_tree.branches = [
    { product: { ...helper({}).product, product_id: 'vim:9:9030020230905:abc' } },
    { product: { ...helper({ cpe: appstream.cpe }).product, product_id: 'AppStream-9' } },
    { product: { ...helper({ purl: inModule.purl }).product, product_id: inModule.package } },
  ];
  document.product_tree.relationships.push({
    full_product_name: { product_id: inModule.stream },
    product_reference: 'vim:9:9030020230905:abc',
    relates_to_product_reference: 'AppStream-9',
  });
  const [record] = [...readVexDocument('CVE-2024-0001', document)];
  assert.ok(record !== undefined && record.kind === 'vulnerability');
  assert.deepEqual(
    record.affected.map(({ only }) => only),
    [{ arch: ['x86_64'], module: 'vim:9', products: [appstream.cpe] }],
  );
});

test('puts a severity that differs by product on its row', () => {
  const all = rows(
    open('vim', 'known_affected', { impact: 'Low' }),
    open('vi', 'known_affected', { impact: 'Moderate' }),
  );
  assert.deepEqual(
    all.map((row) => [row.package, row.severity]),
    [
      ['vim', 'Low'],
      ['vi', undefined],
    ],
  );
});

test('ignores products that are not rpm packages, and skips those that are not understood', () => {
  const image = open('ubi9', 'known_affected', { purl: 'pkg:oci/ubi9?repository_url=registry.redhat.io' });
  assert.deepEqual([...readVexDocument('K', vex([image]))], [{ kind: 'withdrawn', key: 'K' }]);
  const bad = fixed('x86_64', appstream, '&rpmmod=rhel10');
  const [skipped, ...rest] = readVexDocument('K', vex([bad, fixed('aarch64')]));
  assert.deepEqual(skipped, {
    kind: 'skipped',
    key: `K ${bad.stream}:${bad.package}`,
    reason: 'the module rhel10 has no stream',
  });
  assert.equal(rest.length, 1);
  const [odd] = readVexDocument('K', vex([open('vim', 'known_affected', { purl: 'pkg:rpm/redhat/100%' })]));
  assert.deepEqual(odd, {
    kind: 'skipped',
    key: 'K red_hat_enterprise_linux_9:vim',
    reason: 'not a valid package URL: pkg:rpm/redhat/100%',
  });
  assert.deepEqual(
    [...readVexDocument('K', { document: { tracking: { status: 'deleted' } } })],
    [{ kind: 'withdrawn', key: 'K' }],
  );
  assert.deepEqual(
    [...readVexDocument('K', { document: { tracking: {} } })],
    [{ kind: 'skipped', key: 'K', reason: 'it is not about one CVE' }],
  );
});

function archive(entries: Readonly<Record<string, unknown>>): Buffer {
  const files = Object.entries(entries).map(([path, value]) => ({ path, content: JSON.stringify(value) }));
  return Buffer.from(zstdCompressSync(tar(files)));
}

function sample(content: Uint8Array, extent?: 'changes'): FeedSample {
  const url = 'https://security.example/csaf_vex_2024-05-01.tar.zst';
  return { source: rhel, feed: 'vex', url, content, ...(extent && { extent }) };
}

test('reads an archive and a feed of changes alike', async () => {
  const document = vex([fixed('x86_64')]);
  const keys = (records: readonly FeedRecord[]) => records.map((record) => [record.key, record.kind]);
  const whole = archive({
    '2024/cve-2024-0001.json': document,
    '2024/cve-2024-0002.json': vex([]),
    'x.asc': 1,
  });
  assert.deepEqual(keys(await parseSample(sample(whole))), [['CVE-2024-0001', 'vulnerability']]);
  const changes = {
    '2024/cve-2024-0001.json': document,
    '2024/cve-2024-0002.json': vex([]),
    '2024/cve-2024-0003.json': null,
  };
  assert.deepEqual(keys(await parseSample(sample(Buffer.from(JSON.stringify(changes)), 'changes'))), [
    ['CVE-2024-0001', 'vulnerability'],
    ['CVE-2024-0002', 'withdrawn'],
    ['CVE-2024-0003', 'withdrawn'],
  ]);
});

test('reports damage wherever it is', async () => {
  const plain = tar([{ path: '2024/cve-2024-0001.json', content: JSON.stringify(vex([fixed('x86_64')])) }]);
  await assertRefused(sample(plain), plain.subarray(0, 1000), 'an archive cut in a document');
  await assertRefused(
    sample(plain),
    Buffer.from(plain).fill('x', 0, 100),
    'an archive with a damaged header',
  );
  const latin = tar([{ path: '2024/cve-2024-0001.json', content: Buffer.from('{"a":"\xe9"}', 'latin1') }]);
  await assertRefused(sample(latin), latin, 'a document in Latin 1');
  await assertDetectsDamage(sample(archive({ '2024/cve-2024-0001.json': vex([fixed('x86_64')]) })));
  const odd: [unknown, string][] = [
    [[], 'a document that is a list'],
    [{ ...vex([]), vulnerabilities: 7 }, 'vulnerabilities that are a number'],
    [{ ...vex([]), product_tree: { branches: [{ product: 'x' }] } }, 'a product that is text'],
    [{ ...vex([]), vulnerabilities: Array.from({ length: 1e6 }, () => 1) }, 'a million numbers'],
  ];
  for (const [document, what] of odd)
    await assertRefused(
      sample(archive({ '2024/cve-2024-1.json': document })),
      archive({ '2024/cve-2024-1.json': document }),
      what,
    );
});

corpusTest("reads all of Red Hat's own documents", async () => {
  const bytes = zstdDecompressSync(readFileSync(corpus('feeds/csaf/redhat-vex-csaf.tar.zst')));
  const said: Record<string, number> = { fixed: 0, affected: 0, 'not-affected': 0 };
  let documents = 0;
  let skipped = 0;
  for await (const { path, bytes: content } of tarEntries(inChunks(bytes), (name) =>
    name.endsWith('.json'),
  )) {
    const value = JSON.parse(content.toString()) as {
      document?: { category?: string };
      vulnerabilities?: unknown[];
    };
    if (value.document?.category !== 'csaf_vex' || value.vulnerabilities?.length !== 1) continue;
    documents++;
    const records = [...readVexDocument(path, value)];
    skipped += records.filter((record) => record.kind === 'skipped').length;
    const rows = records.flatMap((record) => (record.kind === 'vulnerability' ? record.affected : []));
    for (const [state] of new Map(rows.flatMap(statements)).values()) said[state] = (said[state] ?? 0) + 1;
  }
  // Counted with Python: for each document the set of (status, package, version, arch, module, CPE) of its rpm packages.
  assert.deepEqual([documents, skipped, said], [31, 3, { fixed: 3765, affected: 203, 'not-affected': 3069 }]);
});

/** Returns the statement of a row for each architecture in each product stream, under a comparable name. */
function statements({ fix, package: name, range, only }: Affected): [string, [state: string]][] {
  const state = fix.state === 'fixed' || fix.state === 'not-affected' ? fix.state : 'affected';
  const module = only?.module === '*' ? undefined : only?.module;
  return (only?.arch ?? ['']).flatMap((arch) =>
    (only?.products ?? []).map((cpe): [string, [string]] => [
      [state, name, range.to, arch, module, cpe].join(' '),
      [state],
    ]),
  );
}
