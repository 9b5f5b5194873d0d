import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { ClairError } from '../../core/errors.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { untar } from '../../testing/untar.ts';
import { debian } from './debian.ts';

const url = 'https://security-tracker.debian.org/tracker/data/json';

function parse(content: Uint8Array): Promise<Vulnerability[]> {
  return collectAll(debian.parse('tracker', { url, body: inChunks(content), fingerprint: '' })) as Promise<
    Vulnerability[]
  >;
}

function tracker(packages: unknown): Buffer {
  return Buffer.from(JSON.stringify(packages));
}

/** Returns namespace, state, range and severity for the status of one release. */
async function row(release: string, status: object) {
  const [vulnerability] = await parse(
    tracker({ xz: { 'CVE-2024-0001': { releases: { [release]: status } } } }),
  );
  const [affected, ...more] = vulnerability?.affected ?? [];
  assert.ok(affected !== undefined && more.length === 0);
  return [affected.namespace.name, affected.fix, affected.range, affected.severity];
}

test('covers every release with one feed', async () => {
  assert.deepEqual(debian.feeds, ['tracker']);
  for (const release of ['debian:12', 'debian:unstable', 'debian:zurg']) {
    assert.deepEqual(debian.feedsFor(release), ['tracker']);
  }
  for (const other of ['debian', 'ubuntu:22.04', 'debianish:1']) assert.deepEqual(debian.feedsFor(other), []);
  const client = { get: (...request: unknown[]) => Promise.resolve(request as never) };
  assert.deepEqual(await debian.fetch('tracker', client, 'mark'), [url, 'mark']);
});

test('reads an issue of a source package as one vulnerability with a row for each release', async () => {
  const issue = {
    description: 'Infinite loop.',
    debianbug: 1,
    scope: 'remote',
    releases: {
      bookworm: {
        status: 'resolved',
        repositories: { bookworm: '5.4.1' },
        fixed_version: '5.4.1-0.2',
        urgency: 'low',
      },
      sid: { status: 'open', repositories: { sid: '5.6.0' }, urgency: 'high**' },
    },
  };
  assert.deepEqual(await parse(tracker({ 'xz-utils': { 'CVE-2024-0001': issue } })), [
    {
      kind: 'vulnerability',
      key: 'xz-utils/CVE-2024-0001',
      id: 'CVE-2024-0001',
      aliases: [],
      description: 'Infinite loop.',
      links: ['https://security-tracker.debian.org/tracker/CVE-2024-0001'],
      severity: 'High',
      cvss: [],
      affected: [
        {
          namespace: { name: 'debian:12', versionScheme: 'dpkg' },
          package: 'xz-utils',
          range: { to: '5.4.1-0.2' },
          fix: { state: 'fixed', version: '5.4.1-0.2' },
          severity: 'Low',
        },
        {
          namespace: { name: 'debian:unstable', versionScheme: 'dpkg' },
          package: 'xz-utils',
          range: {},
          fix: { state: 'unfixed' },
          severity: 'High',
        },
      ],
    },
  ]);
});

test('maps each status of a release to a state', async () => {
  const states: [object, string][] = [
    [{ status: 'resolved', fixed_version: '0' }, 'not-affected'],
    [{ status: 'open' }, 'unfixed'],
    [{ status: 'open', nodsa: 'Minor issue', nodsa_reason: '' }, 'unfixed'],
    [{ status: 'open', nodsa: 'Minor issue', nodsa_reason: 'ignored' }, 'will-not-fix'],
    [{ status: 'open', nodsa: 'Minor issue', nodsa_reason: 'postponed' }, 'deferred'],
    [{ status: 'open', urgency: 'end-of-life' }, 'end-of-life'],
    [{ status: 'open', urgency: 'end-of-life', nodsa_reason: 'ignored' }, 'end-of-life'],
    [{ status: 'undetermined' }, 'under-investigation'],
    // An unknown status counts as unfixed.
    [{ status: 'resolved' }, 'unfixed'],
    [{ status: 'resolved', fixed_version: null }, 'unfixed'],
    [{ status: 'resolved', fixed_version: '' }, 'unfixed'],
    [{ status: 'quarantined' }, 'unfixed'],
  ];
  for (const [status, state] of states) {
    const [, fix, range] = await row('bookworm', status);
    assert.deepEqual([fix, range], [{ state }, {}], JSON.stringify(status));
  }
});

test('reads urgencies as severities, without the asterisks', async () => {
  const severities: [string | null, string][] = [
    ['not yet assigned', 'Unknown'],
    ['unimportant', 'Negligible'],
    ['end-of-life', 'Negligible'],
    ['low', 'Low'],
    ['low*', 'Low'],
    ['medium**', 'Medium'],
    ['high', 'High'],
    ['constructor', 'Unknown'],
    [null, 'Unknown'],
  ];
  for (const [urgency, severity] of severities) {
    assert.equal((await row('bookworm', { status: 'open', urgency }))[3], severity, String(urgency));
  }
});

test('maps a codename to its release, and an unknown one to itself', async () => {
  const names = {
    squeeze: '6',
    buster: '10',
    trixie: '13',
    forky: '14',
    duke: '15',
    sid: 'unstable',
    zurg: 'zurg',
    jammy: 'jammy',
  };
  for (const [codename, release] of Object.entries(names)) {
    assert.equal((await row(codename, { status: 'open' }))[0], `debian:${release}`);
  }
});

test('keeps issues without a CVE', async () => {
  const [vulnerability] = await parse(tracker({ wordpress: { 'TEMP-0000000-0CA7E3': { releases: {} } } }));
  assert.equal(vulnerability?.id, 'TEMP-0000000-0CA7E3');
  assert.equal(vulnerability.description, undefined);
});

test('names the place of content of the wrong type', async () => {
  const wrong: [unknown, string][] = [
    [{ xz: [] }, 'byte 1: "xz" is not an object'],
    [{ xz: { 'CVE-1': {} } }, 'xz.CVE-1.releases: not the expected record'],
    [{ xz: { 'CVE-1': { releases: { sid: {} } } } }, 'xz.CVE-1.releases.sid.status: not the expected string'],
    [
      { xz: { 'CVE-1': { releases: { sid: { status: 'open', urgency: 1 } } } } },
      'xz.CVE-1.releases.sid.urgency: not the expected string',
    ],
    [{}, 'its end: it holds no package'],
  ];
  for (const [packages, where] of wrong) {
    await assert.rejects(parse(tracker(packages)), (error) => {
      assert.ok(error instanceof ClairError);
      assert.equal(error.code, 'feed-corrupt');
      assert.equal(
        error.message,
        `the debian feed tracker from ${url} is damaged at ${where}. Fetch it again, or check the mirror.`,
      );
      return true;
    });
  }
});

test('throws when a package is in the file twice', async () => {
  await assert.rejects(parse(Buffer.from('{"xz":{},"xz":{}}')), {
    code: 'feed-corrupt',
    message: /at byte 9: the name "xz" occurs twice/,
  });
});

test('does not report a failing download as damage', async () => {
  const cause = new ClairError('feed-unavailable', 'cut');
  // biome-ignore lint/correctness/useYield: it fails before it yields.
  const body = (async function* (): AsyncGenerator<Uint8Array> {
    await Promise.reject(cause);
  })();
  await assert.rejects(collectAll(debian.parse('tracker', { url, body, fingerprint: '' })), cause);
});

corpusTest('reads every issue of the real tracker', async () => {
  const content = zstdDecompressSync(readFileSync(corpus('feeds/debian/tracker.json.zst')));
  const all = await parse(content);
  const rows = all.flatMap(({ affected }) => affected);
  const by = (word: (row: (typeof rows)[number]) => string | undefined) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(rows, (row) => word(row) ?? '')).map(([key, list]) => [
        key,
        list?.length,
      ]),
    );
  // Counted with Python over json.load of the same file, by (status, urgency) and by codename.
  assert.equal(all.length, 20_810);
  assert.equal(new Set(all.map(({ key }) => key)).size, 20_810);
  assert.deepEqual(
    by(({ fix }) => fix.state),
    { fixed: 49_747, unfixed: 5_435, 'end-of-life': 354 },
  );
  assert.deepEqual(
    by(({ severity }) => severity),
    { Unknown: 42_085, Negligible: 6_588, Low: 5_300, Medium: 1_280, High: 283 },
  );
  assert.deepEqual(
    by(({ namespace }) => namespace.name),
    { 'debian:10': 208, 'debian:11': 19_471, 'debian:12': 18_251, 'debian:13': 17_606 },
  );
});

corpusTest('refuses the real tracker wherever it is cut', async () => {
  const content = zstdDecompressSync(readFileSync(corpus('feeds/debian/tracker.json.zst'))).subarray(
    0,
    300_000,
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(content.length), async (length) => {
      await assert.rejects(parse(content.subarray(0, length)), {
        code: 'feed-corrupt',
        message: new RegExp(`^the debian feed tracker from ${url} is damaged at byte ${length}: `),
      });
    }),
    { numRuns: 30 },
  );
});

corpusTest('gives the severities and fixes of the updater test of Clair 2', async () => {
  const archive = zstdDecompressSync(readFileSync(corpus('feeds/clair-fixtures.tar.zst')));
  const fixture = new Map(untar(archive)).get(
    'release-2.0/ext/vulnsrc/debian/testdata/fetcher_debian_test.json',
  );
  assert.ok(fixture !== undefined);
  const words = (await parse(fixture)).map(({ key, severity, affected }) => [
    key,
    severity,
    ...affected.map(
      ({ namespace, fix }) => `${namespace.name} ${fix.state === 'fixed' ? fix.version : fix.state}`,
    ),
  ]);
  // As debian_test.go of quay/clair release-2.0 expects, but that a resolution without a version is not dropped.
  assert.deepEqual(words, [
    [
      'aptdaemon/CVE-2015-1323',
      'Low',
      'debian:7 unfixed',
      'debian:8 unfixed',
      'debian:unstable 1.1.1+bzr982-1',
    ],
    ['aptdaemon/CVE-2003-0779', 'High', 'debian:8 0.7.0', 'debian:unstable 0.7.0'],
    ['asterisk/CVE-2013-2685', 'Negligible', 'debian:8 not-affected'],
    ['asterisk/CVE-2003-0779', 'High', 'debian:8 0.5.56'],
  ]);
});
