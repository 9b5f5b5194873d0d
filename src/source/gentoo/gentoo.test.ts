import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Affected, VersionRange } from '../../plugin/index.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { tar } from '../../testing/tar-writer.ts';
import { gentoo as scheme } from '../../version/gentoo.ts';
import { gentooSource } from './gentoo.ts';

const source = gentooSource(scheme);

/** Ranges as a GLSA writes them: `lt 1.5`, `ge 1.0.2-r3 in 0`. */
function element(name: 'vulnerable' | 'unaffected', text: string): string {
  const [range = '', version = '', , slot] = text.split(' ');
  return `<${name} range="${range}"${slot === undefined ? '' : ` slot="${slot}"`}>${version}</${name}>`;
}

/** Returns an advisory in the form of GLSA 202401-01 about one package. */
function glsa(vulnerable: readonly string[], unaffected: readonly string[], product = 'ebuild'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
<glsa id="202401-01">
    <title>Joblib: Arbitrary Code Execution</title>
    <synopsis>A vulnerability has been found in Joblib.</synopsis>
    <product type="${product}">joblib</product>
    <announced>2024-01-02</announced>
    <revised count="1">2024-01-03</revised>
    <bug>873151</bug>
    <access>remote</access>
    <affected>
        <package name="dev-python/joblib" auto="yes" arch="*">
            ${unaffected.map((text) => element('unaffected', text)).join('')}
            ${vulnerable.map((text) => element('vulnerable', text)).join('')}
        </package>
    </affected>
    <impact type="normal"><p>A flaw.</p></impact>
    <references><uri link="https://a.example/1">CVE-2024-21797</uri><uri link="https://a.example/2">A page</uri></references>
</glsa>
`;
}

const pack = (text: unknown): Uint8Array =>
  gzipSync(
    tar([
      { path: 'glsa-master/README', content: 'x' },
      { path: 'glsa-master/glsa-202401-01.xml', content: String(text) },
    ]),
    { level: 1 },
  );

function sample(text: string): FeedSample {
  const url = 'https://gitweb.gentoo.org/data/glsa.git/snapshot/glsa-master.tar.gz';
  return { source, feed: 'glsa', url, content: pack(text), packed: { record: text, pack } };
}

async function rows(
  vulnerable: readonly string[],
  unaffected: readonly string[],
): Promise<readonly Affected[]> {
  const [record] = await parseSample(sample(glsa(vulnerable, unaffected)));
  assert.ok(record?.kind === 'vulnerability', JSON.stringify(record));
  return record.affected;
}

test('gentoo: reads an advisory as a vulnerability', async () => {
  assert.deepEqual(await parseSample(sample(glsa(['lt 1.2.0'], ['ge 1.2.0']))), [
    {
      kind: 'vulnerability',
      key: 'GLSA-202401-01',
      id: 'GLSA-202401-01',
      aliases: ['CVE-2024-21797'],
      description: 'A vulnerability has been found in Joblib.',
      title: 'Joblib: Arbitrary Code Execution',
      links: ['https://security.gentoo.org/glsa/202401-01'],
      severity: 'Medium',
      cvss: [],
      modified: '2024-01-03T00:00:00.000Z',
      affected: [
        {
          namespace: { name: 'gentoo', versionScheme: 'gentoo' },
          package: 'dev-python/joblib',
          range: { to: '1.2.0' },
          fix: { state: 'fixed', version: '1.2.0' },
        },
      ],
    },
  ]);
});

test('gentoo: removes unaffected versions from vulnerable ones', async () => {
  const found = async (vulnerable: readonly string[], unaffected: readonly string[]) =>
    (await rows(vulnerable, unaffected)).map(({ range, fix }) => [
      range,
      fix.state === 'fixed' ? fix.version : fix.state,
    ]);
  assert.deepEqual(await found(['lt 1.5'], ['ge 1.5', 'rge 1.0.2-r3']), [
    [{ to: '1.0.2-r3' }, '1.0.2-r3'],
    [{ from: '1.0.2_p', to: '1.5' }, '1.5'],
  ]);
  assert.deepEqual(await found(['le 1.3'], ['ge 1.4']), [[{ to: '1.3', toIncluded: true }, '1.4']]);
  assert.deepEqual(await found(['eq 1.3'], []), [[{ from: '1.3', to: '1.3', toIncluded: true }, 'unfixed']]);
  assert.deepEqual(await found(['le 1.3'], []), [[{ to: '1.3', toIncluded: true }, 'unfixed']]);
  assert.deepEqual(await found(['rlt 1.3-r2'], ['rge 1.3-r2']), [[{ from: '1.3', to: '1.3-r2' }, '1.3-r2']]);
  assert.deepEqual(await found(['gt 1.3'], ['gt 2']), [
    [{ from: '1.3', fromExcluded: true, to: '2', toIncluded: true }, 'unfixed'],
  ]);
  assert.deepEqual(await found(['lt 2 in 1', 'lt 3 in 2'], ['ge 1.9 in 1', 'ge 3']), [
    [{ to: '1.9' }, '1.9'],
    [{ to: '3' }, '3'],
  ]);
});

test('gentoo: has the versions that are vulnerable and not unaffected, whatever the ranges are', async () => {
  const operator = fc.constantFrom('lt', 'le', 'eq', 'ge', 'gt', 'rlt', 'rle', 'rge', 'rgt');
  const version = fc.constantFrom('1', '1-r1', '1-r2', '1.1', '1.1-r3', '1.1_p1', '2_rc1', '2', '2-r1', '3');
  const entry = fc.tuple(operator, version).map((pair) => pair.join(' '));
  const versions = [
    '0',
    '1',
    '1-r1',
    '1-r2',
    '1-r9',
    '1_p',
    '1.1',
    '1.1-r3',
    '1.1-r4',
    '1.1_p1',
    '2_rc1',
    '2',
    '2-r1',
    '3',
    '4',
  ];
  await fc.assert(
    fc.asyncProperty(entry, fc.array(entry, { maxLength: 3 }), async (vulnerable, unaffected) => {
      const [record] = await parseSample(sample(glsa([vulnerable], unaffected)));
      const ranges = record?.kind === 'vulnerability' ? record.affected.map(({ range }) => range) : [];
      for (const one of versions)
        assert.equal(
          ranges.some((range) => isIn(one, range)),
          isMeant(one, vulnerable) && !unaffected.some((text) => isMeant(one, text)),
          `${one} in ${vulnerable} without ${unaffected.join(', ')}`,
        );
    }),
    { numRuns: 300 },
  );
});

function isIn(version: string, { from, fromExcluded, to, toIncluded }: VersionRange): boolean {
  const low = from === undefined ? 1 : (scheme.compare(version, from) ?? 0);
  const high = to === undefined ? -1 : (scheme.compare(version, to) ?? 0);
  return (fromExcluded ? low > 0 : low >= 0) && (toIncluded ? high <= 0 : high < 0);
}

/** Evaluates an entry as glsa-check does: operators that begin with `r` need the same version without its revision. */
function isMeant(version: string, text: string): boolean {
  const [operator = '', bound = ''] = text.split(' ');
  const base = (one: string) => one.replace(/-r\d+$/, '');
  if (operator.startsWith('r') && scheme.compare(base(version), base(bound)) !== 0) return false;
  const order = scheme.compare(version, bound) ?? 0;
  const tests: Record<string, boolean> = {
    lt: order < 0,
    le: order <= 0,
    eq: order === 0,
    ge: order >= 0,
    gt: order > 0,
  };
  return tests[operator.replace(/^r/, '')] ?? false;
}

test('gentoo: skips what is not understood, and ignores advisories about other products', async () => {
  const skipped = async (vulnerable: string): Promise<string | undefined> => {
    const [record] = await parseSample(sample(glsa([vulnerable], [])));
    return record?.kind === 'skipped' ? record.reason : undefined;
  };
  for (const text of ['lt 1.0*', 'odd 1.0', 'lt x'])
    assert.match((await skipped(text)) ?? '', /versions that are not understood/, text);
  assert.deepEqual(await parseSample(sample(glsa(['lt 1'], [], 'infrastructure'))), []);
});

test('gentoo: covers Gentoo only', () => {
  assert.deepEqual(source.feedsFor('gentoo'), source.feeds);
  for (const other of ['funtoo', 'gentoo:1']) assert.deepEqual(source.feedsFor(other), []);
});

test('gentoo: reports damage wherever it is', async () => {
  await assertDetectsDamage(sample(glsa(['lt 1.2.0'], ['ge 1.2.0'])));
});
