import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedClient, FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFile } from '../../testing/corpus-archive.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { tar } from '../../testing/tar-writer.ts';
import { namespaceOfLabel, sourceOf } from './release.ts';
import { ubuntu } from './ubuntu.ts';

const osvUrl = 'https://security-metadata.canonical.com/osv/osv-all.tar.xz';
const vexUrl = 'https://security-metadata.canonical.com/vex/vex-all.tar.xz';

function tarOf(files: Readonly<Record<string, unknown>>): Uint8Array {
  return tar(
    Object.entries(files).map(([path, content]) => ({
      path,
      content: typeof content === 'string' ? content : JSON.stringify(content),
    })),
  );
}

/** Reads these archives. */
function parse(
  osv: Readonly<Record<string, unknown>>,
  vex?: Readonly<Record<string, unknown>>,
): Promise<FeedRecord[]> {
  const content = (url: string, files: Readonly<Record<string, unknown>>): FetchedFeed => {
    return { url, body: inChunks(tarOf(files)), fingerprint: '' };
  };
  const fetched = content(osvUrl, osv);
  return collectAll(
    ubuntu.parse('cve', vex === undefined ? fetched : Object.assign(fetched, { vex: content(vexUrl, vex) })),
  );
}

function entry(label: string, name: string, events: readonly object[], more: object = {}) {
  return {
    package: {
      ecosystem: 'Ubuntu:20.04:LTS',
      name,
      purl: `pkg:deb/ubuntu/${name}@1?arch=source&distro=${label}`,
    },
    ranges: [{ type: 'ECOSYSTEM', events }],
    versions: ['0.1', '0.2'],
    ecosystem_specific: { binaries: [] },
    ...more,
  };
}

function record(affected: readonly object[], more: object = {}) {
  return {
    id: 'UBUNTU-CVE-2024-0001',
    details: 'd',
    upstream: ['CVE-2024-0001'],
    related: ['USN-1-1'],
    severity: [
      { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
      { type: 'Ubuntu', score: 'medium' },
    ],
    modified: '2025-01-02T03:04:05Z',
    affected,
    ...more,
  };
}

const open = [{ introduced: '0' }];
const fixed = [{ introduced: '0' }, { fixed: '1.2-3' }];
const path = 'osv/cve/2024/UBUNTU-CVE-2024-0001.json';

function statement(status: string, products: readonly string[], action?: string) {
  return {
    vulnerability: { name: 'CVE-2024-0001' },
    products: products.map((id) => ({ '@id': id })),
    status,
    ...(action && { action_statement: action }),
  };
}

const vulnerable = 'This package (for the given release) is vulnerable to the CVE';

/** Returns label, package and state of each row. */
function states(found: FeedRecord | undefined): string[] {
  assert.ok(found !== undefined && found.kind === 'vulnerability');
  return found.affected.map(({ namespace, package: name, fix }) => `${namespace.name} ${name} ${fix.state}`);
}

test('reads a record of a CVE as a vulnerability with a row for each release and service', async () => {
  const namespace = (name: string) => ({ name, versionScheme: 'dpkg' });
  assert.deepEqual(
    await parse({ [path]: record([entry('focal', 'xz', fixed), entry('esm-infra/xenial', 'xz', open)]) }),
    [
      {
        kind: 'vulnerability',
        key: 'CVE-2024-0001',
        id: 'CVE-2024-0001',
        aliases: [],
        description: 'd',
        links: ['https://ubuntu.com/security/CVE-2024-0001', 'https://ubuntu.com/security/notices/USN-1-1'],
        severity: 'Medium',
        cvss: [{ source: 'ubuntu', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', score: 9.8 }],
        modified: '2025-01-02T03:04:05.000Z',
        affected: [
          {
            namespace: namespace('ubuntu:20.04'),
            package: 'xz',
            range: { to: '1.2-3' },
            fix: { state: 'fixed', version: '1.2-3' },
          },
          {
            namespace: namespace('ubuntu:16.04:esm-infra'),
            package: 'xz',
            range: {},
            fix: { state: 'unfixed' },
          },
        ],
      },
    ],
  );
});

test('ignores notices, live patches and withdrawn records', async () => {
  const found = await parse({
    'osv/usn/USN-1-1.json': record([]),
    'osv/lsn/LSN-1-1.json': record([]),
    './osv/cve/2024/a.json': record([entry('focal', 'xz', open)], { withdrawn: '2024-01-01T00:00:00Z' }),
    [path]: record([entry('focal', 'xz', open)]),
  });
  assert.equal(found.length, 1);
  await assert.rejects(parse({ 'osv/usn/USN-1-1.json': record([]) }), {
    message: /it holds no record of a CVE/,
  });
});

test('takes the reason for a missing fix from the VEX archive', async () => {
  const rows = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
    entry('focal', name, name === 'f' ? fixed : open),
  );
  const purl = (name: string, label = 'focal') => `pkg:deb/ubuntu/${name}@1?arch=source&distro=${label}`;
  const statements = [
    statement(
      'affected',
      [purl('a'), purl('f')],
      `${vulnerable}, the problem is understood, but the Ubuntu Security Team decided to not fix it. CVE Notes: x`,
    ),
    statement(
      'affected',
      [purl('b')],
      'This package (for the given release) is no longer supported. CVE Notes: x',
    ),
    statement('affected', [purl('c')], `${vulnerable} and needs fixing. CVE Notes: `),
    statement('under_investigation', [purl('d'), 'pkg:deb/ubuntu/e@1?arch=amd64']),
    statement('not_affected', [purl('g'), purl('g', 'noble'), purl('e'), purl('linux-aws')]),
    statement('fixed', [purl('h')]),
  ];
  const [found, ...more] = await parse(
    { [path]: record(rows) },
    { 'vex/cve/2024/CVE-2024-0001.json': { statements } },
  );
  assert.deepEqual(more, []);
  assert.deepEqual(states(found), [
    'ubuntu:20.04 a will-not-fix',
    'ubuntu:20.04 b end-of-life',
    'ubuntu:20.04 c unfixed',
    'ubuntu:20.04 d under-investigation',
    // Two archives that contradict each other: affected is the safer choice.
    'ubuntu:20.04 e unfixed',
    'ubuntu:20.04 f fixed',
    'ubuntu:20.04 g not-affected',
    'ubuntu:24.04 g not-affected',
  ]);
});

test('uses the reason alone for a package without versions, and reports one without a reason', async () => {
  const without = { ranges: [], versions: [] };
  const rows = [
    entry('focal', 'a', [], without),
    entry('focal', 'b', [], without),
    entry('focal', 'c', open),
  ];
  const statements = [statement('under_investigation', ['pkg:deb/ubuntu/a@1?arch=source&distro=focal'])];
  const [skippedRecord, found, ...more] = await parse(
    { [path]: record(rows) },
    { 'vex/cve/2024/CVE-2024-0001.json': { statements } },
  );
  assert.equal(skippedRecord?.key, 'CVE-2024-0001 Ubuntu:20.04:LTS b');
  assert.deepEqual(states(found), ['ubuntu:20.04 c unfixed', 'ubuntu:20.04 a under-investigation']);
  assert.deepEqual(more, []);
});

test('reads a CVE that only the VEX archive has as a record of its own', async () => {
  const statements = [
    {
      ...statement('not_affected', ['pkg:deb/ubuntu/x@1?arch=src?distro=ubuntu/trusty']),
      vulnerability: { name: 'CVE-2' },
    },
  ];
  const found = await parse(
    { [path]: record([entry('focal', 'xz', open)]) },
    {
      'vex/cve/2/CVE-2.json': { statements },
      'vex/usn/USN-1.json': 7,
      'vex/cve/3/CVE-3.json': { statements: [] },
    },
  );
  assert.deepEqual(
    found.map(({ key }) => key),
    ['CVE-2024-0001', 'CVE-2'],
  );
  assert.deepEqual(states(found[1]), ['ubuntu:14.04 x not-affected']);
});

test('reads the priorities of older records from the packages', async () => {
  const priority = (word: string) => ({ ecosystem_specific: { ubuntu_priority: word } });
  const affected = [entry('focal', 'a', open, priority('low')), entry('focal', 'b', open, priority('high'))];
  const [found] = await parse({
    [path]: record(affected, { severity: [], upstream: null, related: ['CVE-2024-0001'] }),
  });
  assert.ok(found !== undefined && found.kind === 'vulnerability');
  assert.equal(found.severity, 'High');
  assert.deepEqual(
    found.affected.map(({ severity }) => severity),
    ['Low', undefined],
  );
});

test('reports what cannot be understood, and reads the other records', async () => {
  const found = await parse(
    { 'osv/cve/2024/a.json': '{', 'osv/cve/2024/b.json': { id: 1 }, [path]: record([]) },
    {
      'vex/cve/1/a.json': '[',
      'vex/cve/1/b.json': { statements: [{ products: [] }] },
      'vex/cve/1/c.json': { statements: 1 },
    },
  );
  assert.deepEqual(
    found.map((one) => (one.kind === 'skipped' ? one.key : [one.key])),
    [
      'vex/cve/1/a.json',
      'vex/cve/1/b.json',
      'vex/cve/1/c.json',
      'osv/cve/2024/a.json',
      'osv/cve/2024/b.json',
      ['CVE-2024-0001'],
    ],
  );
});

test('maps labels to releases and services', () => {
  const labels: [string, string | undefined][] = [
    ['focal', 'ubuntu:20.04'],
    ['ubuntu/focal', 'ubuntu:20.04'],
    ['esm-apps/jammy', 'ubuntu:22.04:esm-apps'],
    ['trusty/esm', 'ubuntu:14.04:esm-infra'],
    ['esm-infra-legacy/trusty', 'ubuntu:14.04:esm-infra-legacy'],
    ['fips-updates/bionic', 'ubuntu:18.04:fips-updates'],
    ['vivid/ubuntu-core', 'ubuntu:15.04:ubuntu-core'],
    ['zesty-plus-one', 'ubuntu:zesty-plus-one'],
    ['upstream', undefined],
    ['devel', undefined],
  ];
  for (const [label, name] of labels) assert.equal(namespaceOfLabel(label)?.name, name, label);
  assert.equal(sourceOf('pkg:deb/ubuntu/xz@1?arch=amd64'), undefined);
  assert.equal(sourceOf('pkg:deb/ubuntu/100%@1?arch=source&distro=focal')?.package, '100%');
  assert.deepEqual(sourceOf('pkg:deb/ubuntu/g%2B%2B@1?arch=source&distro=esm-infra%2Fxenial'), {
    package: 'g++',
    label: 'esm-infra/xenial',
  });
});

/** Serves files, each with its own fingerprint. */
function clientOf(
  files: Readonly<Record<string, { mark: string; files: Record<string, unknown> } | undefined>>,
): FeedClient & {
  requests: string[];
} {
  const requests: string[] = [];
  return {
    requests,
    get(url, lastFingerprint) {
      requests.push(url.slice(url.lastIndexOf('/') + 1));
      const file = files[url];
      if (file === undefined) return Promise.resolve('absent');
      if (file.mark === lastFingerprint) return Promise.resolve('unchanged');
      return Promise.resolve({ url, body: inChunks(tarOf(file.files)), fingerprint: file.mark });
    },
  };
}

test('fetches both archives when either has changed', async () => {
  const osv = { mark: 'o1', files: { [path]: record([entry('focal', 'xz', open)]) } };
  const vex = { mark: 'v1', files: { 'vex/cve/1/a.json': { statements: [] } } };
  const fetched = (await ubuntu.fetch('cve', clientOf({ [osvUrl]: osv, [vexUrl]: vex }))) as FetchedFeed;
  assert.equal(fetched.fingerprint, '["o1","v1"]');
  assert.equal((await collectAll(ubuntu.parse('cve', fetched))).length, 1);
  const client = clientOf({ [osvUrl]: osv, [vexUrl]: vex });
  assert.equal(await ubuntu.fetch('cve', client, fetched.fingerprint), 'unchanged');
  assert.equal(client.requests.length, 2);
  const changed = clientOf({ [osvUrl]: osv, [vexUrl]: { ...vex, mark: 'v2' } });
  const again = (await ubuntu.fetch('cve', changed, fetched.fingerprint)) as FetchedFeed;
  assert.equal(again.fingerprint, '["o1","v2"]');
  assert.equal((await collectAll(ubuntu.parse('cve', again))).length, 1);
});

test('gives no reasons without the VEX archive, and reads the tracker without both', async () => {
  const osv = { mark: 'o1', files: { [path]: record([entry('focal', 'xz', open)]) } };
  const fetched = (await ubuntu.fetch('cve', clientOf({ [osvUrl]: osv }))) as FetchedFeed;
  assert.equal((await collectAll(ubuntu.parse('cve', fetched))).length, 1);
  assert.equal(await ubuntu.fetch('cve', clientOf({ [osvUrl]: osv }), fetched.fingerprint), 'unchanged');
  const client = clientOf({});
  assert.equal(await ubuntu.fetch('cve', client), 'absent');
  assert.deepEqual(client.requests, ['osv-all.tar.xz', 'ubuntu-cve-tracker-master.tar.gz']);
});

corpusTest('reads the archive as it is served', async () => {
  const body = inChunks(
    corpusFile('feeds/vuls-fetch-fixtures.tar.zst', 'ubuntu/osv/testdata/fixtures/happy/osv-all.tar.xz'),
  );
  const [found, ...more] = await collectAll(ubuntu.parse('cve', { url: osvUrl, body, fingerprint: '' }));
  assert.deepEqual(more, []);
  assert.deepEqual(
    states(found),
    ['20.04', '22.04', '24.10', '24.04'].map((release) => `ubuntu:${release} rabbitmq-server fixed`),
  );
});
