import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FeedClient, FeedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { tar } from '../../testing/tar-writer.ts';
import { suseDocuments } from './suse-documents.ts';

const name = 'csaf/suse-su-2024_0001-1.json';

function archive(...files: readonly (object | string)[]): Uint8Array {
  return tar(
    files.map((file, index) => ({
      path: index === 0 ? name : `csaf/${index}.json`,
      content: typeof file === 'string' ? file : JSON.stringify(file),
    })),
  );
}

function sample(content: Uint8Array): FeedSample {
  return { source: suseDocuments, feed: 'all', url: 'https://ftp.example/csaf.tar', content };
}

function parse(...files: readonly (object | string)[]): Promise<FeedRecord[]> {
  return parseSample(sample(archive(...files)));
}

const server = 'SUSE Linux Enterprise Server 15 SP6';

/** Returns a document in which packages of an architecture belong to products. */
function document(status: Readonly<Record<string, readonly [product: string, pkg: string][]>>): object {
  const all = Object.values(status).flat();
  const idOf = ([product, pkg]: readonly [string, string]) => `${product}:${pkg}`;
  const leaves = all.map(([, pkg]) => ({
    category: 'architecture',
    name: /\.(x86_64|src)$/.exec(pkg)?.[1] ?? '',
    branches: [{ category: 'product_version', name: pkg, product: { name: pkg, product_id: pkg } }],
  }));
  return {
    document: {
      aggregate_severity: { text: 'important' },
      notes: [{ category: 'description', text: 'Fixes a flaw.\n' }],
      references: [
        { category: 'self', url: 'https://ftp.suse.com/suse-su-2024_0001-1.json' },
        { category: 'self', url: 'https://www.suse.com/1/' },
      ],
      tracking: {
        id: 'SUSE-SU-2024:0001-1',
        current_release_date: '2024-08-15T07:01:23Z',
        initial_release_date: '2024-08-14T09:00:00Z',
      },
    },
    product_tree: {
      branches: [{ category: 'vendor', name: 'SUSE', branches: leaves.map(bare) }],
      relationships: all.map((component) => ({
        full_product_name: { product_id: idOf(component) },
        product_reference: component[1],
        relates_to_product_reference: component[0],
      })),
    },
    vulnerabilities: [
      {
        cve: 'CVE-2024-0001',
        product_status: Object.fromEntries(
          Object.entries(status).map(([word, components]) => [word, components.map(idOf)]),
        ),
        scores: [
          { cvss_v3: { vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', baseScore: 7.5 } },
        ],
      },
    ],
  };
}

/** Returns a leaf without an architecture. */
function bare(leaf: { readonly name: string; readonly branches: readonly object[] }): object {
  return leaf.name === '' ? (leaf.branches[0] ?? leaf) : leaf;
}

const fixed = document({ recommended: [[server, 'libzzip-0-13-0.13.72-150600.4.3.1.x86_64']] });

const row = {
  namespace: { name: 'sles:15.6', versionScheme: 'rpm' },
  package: 'libzzip-0-13',
  range: { to: '0.13.72-150600.4.3.1' },
  fix: { state: 'fixed', version: '0.13.72-150600.4.3.1' },
};

test('reads a document on an advisory as a vulnerability', async () => {
  const expected = {
    kind: 'vulnerability',
    key: 'SUSE-SU-2024:0001-1',
    id: 'SUSE-SU-2024:0001-1',
    aliases: ['CVE-2024-0001'],
    description: 'Fixes a flaw.',
    links: ['https://www.suse.com/1/'],
    severity: 'High',
    cvss: [{ source: 'SUSE', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', score: 7.5 }],
    modified: '2024-08-15T07:01:23.000Z',
    issued: '2024-08-14T09:00:00.000Z',
    affected: [{ ...row, only: { arch: ['x86_64'] } }],
  };
  assert.deepEqual(await parse(fixed), [expected]);
  assert.deepEqual(await parseSample(sample(gzipSync(archive(fixed)))), [expected]);
});

test('does not take the date of a document about a CVE for that of a fix', async () => {
  const text = JSON.stringify(fixed).replace('SUSE-SU-2024:0001-1', 'CVE-2024-0001');
  const [record] = await parse(text);
  assert.ok(record?.kind === 'vulnerability' && record.id === 'CVE-2024-0001');
  assert.equal(record.issued, undefined);
});

function rowsOf(records: readonly FeedRecord[]): string[] {
  return records.flatMap((record) => {
    if (record.kind !== 'vulnerability') return [`${record.key} skipped`];
    return record.affected.map(({ namespace, package: pkg, fix, only }) =>
      [namespace.name, pkg, fix.state === 'fixed' ? fix.version : fix.state, ...(only?.products ?? [])].join(
        ' ',
      ),
    );
  });
}

test('maps each status to a state, and keeps package names without a version whole', async () => {
  const states = document({
    known_affected: [[server, 'php-7-1']],
    known_not_affected: [[server, 'vim']],
    under_investigation: [[server, 'xz']],
    first_affected: [[server, 'tar']],
    fixed: [[server, 'bash-5.1-1.2.x86_64']],
    recommended: [[server, 'bash-5.1-1.2.src']],
  });
  assert.deepEqual(rowsOf(await parse(states)), [
    'sles:15.6 php-7-1 unfixed',
    'sles:15.6 vim not-affected',
    'sles:15.6 xz under-investigation',
    'sles:15.6 bash 5.1-1.2',
  ]);
});

test('reads what SUSE does not plan to fix as will-not-fix', async () => {
  const document1 = JSON.stringify(document({ known_affected: [[server, 'vim']] }));
  const remediations = [{ category: 'no_fix_planned', product_ids: [`${server}:vim`] }];
  const refused = document1.replace('"cve":', `"remediations":${JSON.stringify(remediations)},"cve":`);
  assert.deepEqual(rowsOf(await parse(refused)), ['sles:15.6 vim will-not-fix']);
});

test('maps products to releases and channels, and ignores other products', async () => {
  const on = async (product: string) =>
    rowsOf(await parse(document({ recommended: [[product, 'vim-9-1.1.x86_64']] })));
  assert.deepEqual(await on('openSUSE Tumbleweed'), ['opensuse-tumbleweed vim 9-1.1']);
  assert.deepEqual(await on('SUSE Linux Enterprise Server 15 SP4-LTSS'), [
    'sles:15.4 vim 9-1.1 cpe:/o:suse:sles-ltss:15:sp4',
  ]);
  assert.deepEqual(
    await on('SUSE Linux Enterprise Module for Containers 12'),
    ['12', '12.1', '12.2', '12.3', '12.4', '12.5'].map((release) => `sles:${release} vim 9-1.1`),
  );
  assert.deepEqual(await on('SUSE Manager Server 4.3'), []);
});

test('reads the packages beside the source package from a record in OSV form', async () => {
  const record = {
    id: 'SUSE-SU-2024:0001-1',
    modified: '2024-08-15T07:01:23Z',
    published: '2024-08-14T09:00:00Z',
    upstream: ['CVE-2024-0001'],
    summary: 'Security update for zziplib',
    references: [{ type: 'ADVISORY', url: 'https://www.suse.com/1/' }],
    affected: [
      {
        package: { ecosystem: 'SUSE:Linux Enterprise Server 15 SP6', name: 'zziplib' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '0.13.72-150600.4.3.1' }] }],
        ecosystem_specific: { binaries: [{ 'libzzip-0-13': '0.13.72-150600.4.3.1' }] },
      },
      { package: { ecosystem: 'openSUSE:Leap Micro 5.5', name: 'zziplib' } },
    ],
  };
  assert.deepEqual(await parse(record), [
    {
      kind: 'vulnerability',
      key: 'SUSE-SU-2024:0001-1',
      id: 'SUSE-SU-2024:0001-1',
      modified: '2024-08-15T07:01:23.000Z',
      issued: '2024-08-14T09:00:00.000Z',
      title: 'Security update for zziplib',
      description: 'Security update for zziplib',
      aliases: ['CVE-2024-0001'],
      links: ['https://www.suse.com/1/'],
      severity: 'Unknown',
      cvss: [],
      affected: [row],
    },
  ]);
  assert.deepEqual(
    await parse({ ...record, withdrawn: '2024-09-01T00:00:00Z' }, { ...record, affected: [] }),
    [],
  );
  const [known, unknown] = record.affected;
  for (const specific of [{}, { binaries: [] }]) {
    const bare = { ...known, ecosystem_specific: specific };
    assert.deepEqual(rowsOf(await parse({ ...record, affected: [bare, unknown, known] })), [
      'SUSE-SU-2024:0001-1 SUSE:Linux Enterprise Server 15 SP6 zziplib skipped',
      'sles:15.6 libzzip-0-13 0.13.72-150600.4.3.1',
    ]);
  }
});

test('reports what is not understood, and reads the rest', async () => {
  const forbidden = '<html><title>403 Forbidden</title></html>';
  const versionless = document({ recommended: [[server, 'vim.x86_64']] });
  const unrelated = JSON.stringify(fixed).replaceAll(
    'full_product_name":{"product_id":"SUSE',
    'full_product_name":{"product_id":"S',
  );
  assert.deepEqual(rowsOf(await parse(fixed, forbidden, versionless, unrelated)), [
    'sles:15.6 libzzip-0-13 0.13.72-150600.4.3.1',
    'csaf/1.json skipped',
    `SUSE-SU-2024:0001-1 ${server}:vim.x86_64 skipped`,
    `SUSE-SU-2024:0001-1 ${server}:libzzip-0-13-0.13.72-150600.4.3.1.x86_64 skipped`,
  ]);
});

test('tries the archives from the most detailed on', async () => {
  const requests: string[] = [];
  const client: FeedClient = {
    get(url) {
      requests.push(url.replace('https://ftp.suse.com/pub/projects/security/', ''));
      return Promise.resolve('absent');
    },
  };
  assert.deepEqual(suseDocuments.feedsFor('sles:15.6'), ['all']);
  assert.deepEqual(suseDocuments.feedsFor('rhel:9'), []);
  assert.equal(await suseDocuments.fetch('all', client), 'absent');
  assert.deepEqual(requests, ['csaf-vex.tar.bz2', 'csaf.tar.bz2', 'osv.tar.bz2']);
});

test('reports damage wherever it is', async () => {
  const record = JSON.parse(JSON.stringify(fixed)) as unknown;
  await assertDetectsDamage({
    ...sample(gzipSync(archive(fixed))),
    packed: { record, pack: (value) => tar([{ path: name, content: JSON.stringify(value) }]) },
  });
  const twice = await parse(fixed, fixed);
  assert.equal(twice.length, 2);
});

corpusTest('reads every package of the real documents', async () => {
  const records = await parseSample(sample(readFileSync(corpus('feeds/csaf/suse.tar.zst'))));
  const counts: Record<string, number> = {};
  for (const record of records) {
    assert.ok(record.kind === 'vulnerability', JSON.stringify(record));
    for (const { namespace, only } of record.affected) {
      if (only?.products === undefined) counts[namespace.name] = (counts[namespace.name] ?? 0) + 1;
    }
  }
  // Counted with Python: (advisory, name, version) by the name of the product. Of 1138 documents three have no vulnerability, and five
  // are for other products alone: SUSE Manager and OpenStack Cloud.
  assert.equal(records.length, 1130);
  assert.deepEqual(
    ['opensuse-tumbleweed', 'opensuse-leap:15.6', 'opensuse-leap:15.5', 'sle-micro:5.5'].map(
      (one) => counts[one],
    ),
    [4464, 588, 559, 86],
  );
});
