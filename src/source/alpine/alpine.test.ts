import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { ClairError } from '../../core/errors.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { untar } from '../../testing/untar.ts';
import { apk } from '../../version/apk.ts';
import { alpine } from './alpine.ts';

const url = 'https://secdb.alpinelinux.org/v3.19/main.json';

function parse(content: Uint8Array, feed = 'v3.19/main'): Promise<Vulnerability[]> {
  return collectAll(alpine.parse(feed, { url, body: inChunks(content), fingerprint: '' })) as Promise<
    Vulnerability[]
  >;
}

function secdb(packages: unknown): Buffer {
  return Buffer.from(JSON.stringify({ distroversion: 'v3.19', reponame: 'main', packages }));
}

function secfixes(fixes: unknown): Promise<Vulnerability[]> {
  return parse(secdb([{ pkg: { name: 'xen', secfixes: fixes } }]));
}

const namespace = { name: 'alpine:v3.19', versionScheme: 'apk' };

test('has two feeds for a branch, and one for the oldest branch', () => {
  assert.deepEqual(alpine.feedsFor('alpine:v3.19'), ['v3.19/main', 'v3.19/community']);
  assert.deepEqual(alpine.feedsFor('alpine:edge'), ['edge/main', 'edge/community']);
  assert.deepEqual(alpine.feedsFor('alpine:v3.2'), ['v3.2/main']);
  assert.deepEqual(alpine.feedsFor('alpine:v3.99'), ['v3.99/main', 'v3.99/community']);
  for (const other of ['debian:12', 'alpine:', 'alpine:v3.19/../..', 'xalpine:v3.1', 'alpine:3.19']) {
    assert.deepEqual(alpine.feedsFor(other), [], other);
  }
  assert.equal(alpine.feeds.length, 45);
  assert.deepEqual(alpine.feeds.slice(0, 3), ['v3.2/main', 'v3.3/main', 'v3.3/community']);
});

test('fetches a feed from its file', async () => {
  const requests: unknown[] = [];
  const client = {
    get: (...request: unknown[]) => {
      requests.push(request);
      return Promise.resolve('unchanged' as const);
    },
  };
  assert.equal(await alpine.fetch('v3.19/main', client, 'mark'), 'unchanged');
  assert.deepEqual(requests, [[url, 'mark']]);
});

test('reads a fixed issue as a range up to the fixed version', async () => {
  assert.deepEqual(await secfixes({ '4.9.0-r1': ['CVE-2017-12855 XSA-230'] }), [
    {
      kind: 'vulnerability',
      key: 'xen/CVE-2017-12855',
      id: 'CVE-2017-12855',
      aliases: ['XSA-230'],
      links: ['https://security.alpinelinux.org/vuln/CVE-2017-12855'],
      severity: 'Unknown',
      cvss: [],
      affected: [
        {
          namespace,
          package: 'xen',
          range: { to: '4.9.0-r1' },
          fix: { state: 'fixed', version: '4.9.0-r1' },
        },
      ],
    },
  ]);
});

test('reads version 0 as never affected', async () => {
  const [vulnerability] = await secfixes({ '0': ['CVE-2023-46840 XSA-450'] });
  assert.deepEqual(vulnerability?.affected, [
    { namespace, package: 'xen', range: {}, fix: { state: 'not-affected' } },
  ]);
});

test('merges an issue that was fixed more than once into one vulnerability', async () => {
  const fixes = {
    '1-r0': ['CVE-2020-0001 XSA-1'],
    '2-r0': ['CVE-2020-0001', 'CVE-2020-0001 XSA-2'],
    '0': ['CVE-2020-0001'],
  };
  const [vulnerability, ...more] = await secfixes(fixes);
  assert.deepEqual(more, []);
  assert.deepEqual(vulnerability?.aliases, ['XSA-1', 'XSA-2']);
  assert.deepEqual(
    vulnerability.affected.map(({ fix }) => fix),
    // JavaScript objects order the key 0 first.
    [{ state: 'not-affected' }, { state: 'fixed', version: '1-r0' }, { state: 'fixed', version: '2-r0' }],
  );
});

test('reads each CVE of an entry as a vulnerability, and uses the first name as the id if there is no CVE', async () => {
  const all = await secfixes({
    '1-r0': ['CVE-2020-11740 CVE-2020-11741 XSA-313', 'XSA-207 GHSA-77vh-xpmg-72qh'],
  });
  assert.deepEqual(
    all.map(({ key, aliases, links }) => [key, aliases, links.length]),
    [
      ['xen/CVE-2020-11740', ['XSA-313'], 1],
      ['xen/CVE-2020-11741', ['XSA-313'], 1],
      ['xen/XSA-207', ['GHSA-77vh-xpmg-72qh'], 0],
    ],
  );
});

test('accepts a package that is listed twice', async () => {
  const entry = (version: string) => ({ pkg: { name: 'xen', secfixes: { [version]: ['CVE-2020-0001'] } } });
  const all = await parse(secdb([entry('1-r0'), entry('2-r0')]));
  assert.equal(all.length, 1);
  assert.equal(all[0]?.affected.length, 2);
});

test('accepts null, a list or a map for empty content', async () => {
  for (const packages of [null, [], {}]) assert.deepEqual(await parse(secdb(packages)), []);
  for (const fixes of [null, [], {}, { '1-r0': null }, { '1-r0': [] }, { '1-r0': {} }]) {
    assert.deepEqual(await secfixes(fixes), []);
  }
});

test('names the place of content of the wrong type', async () => {
  const wrong: [unknown, string][] = [
    [
      [{ pkg: { name: 'xen', secfixes: ['CVE-2020-0001'] } }],
      'packages.0.pkg.secfixes: not the expected record',
    ],
    [
      [{ pkg: { name: 'xen', secfixes: { '1-r0': 'CVE-1' } } }],
      'packages.0.pkg.secfixes.1-r0: not the expected array',
    ],
    [[{ pkg: { name: 7, secfixes: {} } }], 'packages.0.pkg.name: not the expected string'],
    [[{}], 'packages.0.pkg: not the expected object'],
    ['none', 'packages: not the expected array'],
    [undefined, 'packages: not the expected array'],
  ];
  for (const [packages, where] of wrong) {
    await assert.rejects(parse(secdb(packages)), (error) => {
      assert.ok(error instanceof ClairError);
      assert.equal(error.code, 'feed-corrupt');
      assert.equal(
        error.message,
        `the alpine feed v3.19/main from ${url} is damaged at ${where}. Fetch it again, or check the mirror.`,
      );
      return true;
    });
  }
});

test('refuses the file of another feed', async () => {
  for (const feed of ['v3.18/main', 'v3.19/community']) {
    await assert.rejects(parse(secdb([]), feed), {
      code: 'feed-corrupt',
      message: /this is v3\.19\/main, another feed/,
    });
  }
});

test('names the byte at which a file is cut or garbled', async () => {
  const content = secdb([{ pkg: { name: 'ä', secfixes: { '1-r0': ['CVE-2020-0001'] } } }]);
  await fc.assert(
    fc.asyncProperty(fc.nat(content.length - 1), async (length) => {
      await assert.rejects(parse(content.subarray(0, length)), {
        code: 'feed-corrupt',
        message: new RegExp(`^the alpine feed v3\\.19/main from ${url} is damaged at byte ${length}: `),
      });
    }),
  );
  for (const garbled of [
    '<html>',
    '[]',
    `${content.toString()}x`,
    content.toString('latin1').replace('Ã¤', '\xe4'),
  ]) {
    await assert.rejects(parse(Buffer.from(garbled, 'latin1')), {
      code: 'feed-corrupt',
      message: /is damaged at byte \d+: /,
    });
  }
});

corpusTest('reads every advisory of the real files', async () => {
  const archive = zstdDecompressSync(readFileSync(corpus('feeds/alpine-secdb.tar.zst')));
  const count = { files: 0, vulnerabilities: 0, rows: 0, notAffected: 0, withoutCve: 0 };
  for (const [name, content] of untar(archive)) {
    count.files++;
    for (const { id, affected } of await parse(content, name.replace('.json', ''))) {
      count.vulnerabilities++;
      count.rows += affected.length;
      count.notAffected += affected.filter(({ fix }) => fix.state === 'not-affected').length;
      if (!/^CVE-\d{4}-\d{4,}$/.test(id)) count.withoutCve++;
    }
  }
  // Counted with Python: sets of (package, id) and (package, id, version), ids found by re.findall in each entry.
  assert.deepEqual(count, {
    files: 31,
    vulnerabilities: 63_001,
    rows: 63_213,
    notAffected: 407,
    withoutCve: 246,
  });
});

corpusTest('gives the expected findings on real package lists', async () => {
  interface Reference {
    readonly feed: string;
    readonly packages: readonly { name: string; origin: string; version: string }[];
    readonly expected: readonly { id: string; package: string; fixed: string }[];
  }
  const archive = new Map(untar(zstdDecompressSync(readFileSync(corpus('feeds/alpine-secdb.tar.zst')))));
  const lists = readdirSync(corpus('golden/reference')).filter((name) => name.startsWith('alpine-'));
  let findings = 0;
  for (const list of lists) {
    const { feed, packages, expected } = JSON.parse(
      readFileSync(corpus(`golden/reference/${list}`), 'utf8'),
    ) as Reference;
    const branch = /v[\d.]+|edge/.exec(feed)?.[0] ?? '';
    const all = await Promise.all(
      alpine.feedsFor(`alpine:${branch}`).flatMap((name) => {
        const content = archive.get(`${name}.json`);
        return content === undefined ? [] : [parse(content, name)];
      }),
    );
    const found = all.flat().flatMap(({ id, affected }) =>
      affected.flatMap(({ package: origin, fix }) =>
        packages
          .filter((installed) => {
            if (installed.origin !== origin || fix.state !== 'fixed') return false;
            return (apk.compare(installed.version, fix.version) ?? -1) < 0;
          })
          .map(({ name }) => `${id} ${name} ${fix.state === 'fixed' ? fix.version : ''}`),
      ),
    );
    findings += found.length;
    assert.deepEqual(
      found.sort(),
      expected.map((row) => `${row.id} ${row.package} ${row.fixed}`).sort(),
      list,
    );
  }
  assert.equal(lists.length, 12);
  assert.ok(findings > 0);
});

/** Parses as much YAML as the old form of the database needs: names, versions and lists of ids by indentation. */
function secdbOfYaml(text: string): Buffer {
  const packages: { pkg: { name: string; secfixes: Record<string, string[]> } }[] = [];
  let fixes: string[] = [];
  const word = (line: string, pattern: RegExp) => pattern.exec(line)?.[1];
  for (const line of text.split('\n')) {
    const name = word(line, /^ {6}name: (\S+)/);
    const version = word(line, /^ {8}(\S+):\s*$/);
    const id = word(line, /^ {8,10}-\s+(.+)$/);
    if (name !== undefined) packages.push({ pkg: { name, secfixes: {} } });
    if (version !== undefined) {
      fixes = [];
      Object.assign(packages.at(-1)?.pkg.secfixes ?? {}, { [version]: fixes });
    }
    if (id !== undefined) fixes.push(id);
  }
  return Buffer.from(
    JSON.stringify({
      distroversion: word(text, /^distroversion: (\S+)$/m),
      reponame: word(text, /^reponame: (\S+)$/m),
      packages,
    }),
  );
}

corpusTest('reads the test file of Clair 2 as Clair 2 does', async () => {
  const archive = new Map(untar(zstdDecompressSync(readFileSync(corpus('feeds/clair-fixtures.tar.zst')))));
  const yaml = archive.get('release-2.0/ext/vulnsrc/alpine/testdata/v34_main.yaml');
  assert.ok(yaml !== undefined);
  const all = await parse(secdbOfYaml(yaml.toString()), 'v3.4/main');
  // alpine_test.go expects 105 vulnerabilities, of which it looks at the first.
  assert.equal(new Set(all.map(({ id }) => id)).size, 105);
  const [first] = all;
  assert.deepEqual(
    [
      first?.id,
      first?.affected[0]?.namespace.name,
      first?.affected[0]?.package,
      first?.affected[0]?.range.to,
    ],
    ['CVE-2016-5387', 'alpine:v3.4', 'apache2', '2.4.23-r1'],
  );
});
