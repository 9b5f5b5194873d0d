import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtIn } from '../../../extensions.ts';
import { parseDigest } from '../../../model/digest.ts';
import { isKey } from '../../../plugin/version-scheme.ts';
import { cvssEnrichmentKey, toV4Cvss } from '../../../report/clair4/cvss-enrichment.ts';
import type { V4VulnerabilityReport } from '../../../report/clair4/types.ts';
import type { Store } from '../../../store/store.ts';
import {
  affectedRow,
  feedUpdate,
  image as imageOf,
  installed,
  record,
  stream,
} from '../../../testing/store-content.ts';
import { tar } from '../../../testing/tar-writer.ts';
import { vulnerabilityReportProblems } from '../../../testing/v4-report-schemas.ts';
import {
  alpineLayer,
  alpineLayerBytes,
  postOf,
  startV4Server,
  v4Manifest,
} from '../../../testing/v4-server.ts';
import { apk } from '../../../version/apk.ts';
import { renderVulnerabilityReport } from './vulnerability-report.ts';

const reportPath = `/matcher/api/v1/vulnerability_report/${v4Manifest}`;
const contents = { '/alpine': alpineLayerBytes };
const alpine = { name: 'alpine:v3.20', versionScheme: 'apk' };

const fixed = '3.3.1-r1';
const hi = apk.key(fixed);
assert.ok(isKey(hi));
/** Versions of the advisories on openssl. */
const openssl = {
  namespace: alpine,
  range: { to: fixed },
  fix: { state: 'fixed' as const, version: fixed },
  keys: { lo: new Uint8Array(), hi },
};

/** Loads an empty feed of a source that covers Python. */
async function loadPython({ advisories }: Store): Promise<void> {
  const [name = '', feed = ''] =
    builtIn.sources.flatMap((source) => source.feedsFor('pypi').map((one) => [source.name, one])).at(0) ?? [];
  await advisories.apply(feedUpdate({ source: name, feed }), stream([]));
}

/** Loads an advisory on openssl, which is the origin of `libssl3`. Its id is that of the vendor, as with RHSA. */
async function loadAdvisory({ advisories, enrichments }: Store): Promise<void> {
  const affected = affectedRow('openssl', openssl);
  const advisory = record('ALPINE-1', {
    aliases: ['CVE-2024-5535'],
    severity: 'High',
    affected: [affected],
    description: 'Reads too far.',
    links: ['https://alpine.test/a b'],
  });
  await advisories.apply(feedUpdate({ source: 'alpine', feed: 'v3.20/main' }), stream([advisory]));
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  const rating = {
    kind: 'enrichment' as const,
    id: 'CVE-2024-5535',
    published: '2024-06-27',
    cvss: [{ source: 'nvd', vector, score: 9.8 }],
  };
  await enrichments.apply(feedUpdate({ source: 'nvd', feed: '2024' }), stream([rating]));
}

test('returns the vulnerabilities of a manifest that was indexed before its advisories were loaded', async (t) => {
  const { request, store } = await startV4Server(t, contents, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  await loadPython(store);
  assert.equal((await request(reportPath)).status, 202);
  await loadAdvisory(store);
  const response = await request(reportPath);
  assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'max-age=60']);
  const report = (await response.json()) as V4VulnerabilityReport;
  assert.deepEqual(vulnerabilityReportProblems(report), []);
  assert.equal('range' in (report.vulnerabilities['1'] ?? {}), false);
  assert.deepEqual(report.package_vulnerabilities, { 1: ['1'] });
  assert.equal(report.packages['1']?.name, 'libssl3');
  const { package: affected, distribution, ...rest } = report.vulnerabilities['1'] ?? assert.fail();
  assert.deepEqual(rest, {
    id: '1',
    updater: 'alpine',
    name: 'ALPINE-1',
    description: 'Reads too far.',
    issued: '2024-06-27T00:00:00Z',
    severity: 'High',
    normalized_severity: 'High',
    links: 'https://alpine.test/a%20b https://www.cve.org/CVERecord?id=CVE-2024-5535',
    repository: { cpe: '' },
    fixed_in_version: '3.3.1-r1',
  });
  assert.deepEqual([affected.name, distribution.did], ['openssl', 'alpine']);
  const [first] = Object.entries(report.enrichments)[0]?.[1] ?? assert.fail();
  assert.deepEqual(Object.keys(report.enrichments), [cvssEnrichmentKey]);
  assert.deepEqual(first?.['1'], [
    {
      version: '3.1',
      vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      baseScore: 9.8,
      baseSeverity: 'CRITICAL',
      attackVector: 'NETWORK',
      attackComplexity: 'LOW',
      privilegesRequired: 'NONE',
      userInteraction: 'NONE',
      scope: 'UNCHANGED',
      confidentialityImpact: 'HIGH',
      integrityImpact: 'HIGH',
      availabilityImpact: 'HIGH',
    },
  ]);
});

test('answers with the current vulnerabilities after each change of advisories and ratings', async (t) => {
  const { request, store } = await startV4Server(t, contents, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  await loadPython(store);
  await loadAdvisory(store);
  const severities = async (): Promise<string[]> => {
    const response = await request(reportPath);
    const { vulnerabilities } = (await response.json()) as V4VulnerabilityReport;
    return Object.values(vulnerabilities).map(({ name, severity }) => `${name} ${severity}`);
  };
  const ofMain = { source: 'alpine', feed: 'v3.20/main' };
  assert.deepEqual(await severities(), ['ALPINE-1 High']);
  assert.deepEqual(await severities(), ['ALPINE-1 High']);
  const withId = (id: string) =>
    record(id, { severity: 'Unknown', affected: [affectedRow('openssl', openssl)] });
  await store.advisories.apply(feedUpdate(ofMain), stream([withId('CVE-2')]));
  assert.deepEqual(await severities(), ['CVE-2 Unknown']);
  const answer = { source: 'cve', sourceVersion: 1, origin: 'upstream', askedAt: '2026-01-02T03:04:05Z' };
  const enrichment = { id: 'CVE-2', severity: 'Critical' as const };
  await store.enrichments.saveLookups([{ ...answer, id: 'CVE-2', enrichment }]);
  assert.deepEqual(await severities(), ['CVE-2 Critical']);
});

test('answers with the packages of the layers that were posted last', async (t) => {
  const other = gzipSync(
    tar([
      { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\n' },
      { path: 'lib/apk/db/installed', content: 'P:zlib\nV:1.3-r0\nA:x86_64\n\n' },
    ]),
  );
  const { request, store } = await startV4Server(
    t,
    { ...contents, '/other': other },
    { extensions: builtIn },
  );
  await loadPython(store);
  await loadAdvisory(store);
  const otherLayer = { hash: `sha256:${hash('sha256', other)}`, uri: 'http://blobs.test/other' };
  const names: unknown[] = [];
  for (const layer of [alpineLayer, otherLayer, otherLayer, alpineLayer]) {
    const posted = await request('/indexer/api/v1/index_report', postOf([layer]));
    const stored = await request(`/indexer/api/v1/index_report/${v4Manifest}`);
    const reports = [posted, stored, await request(reportPath)];
    const firsts = reports.map(async (one) => ((await one.json()) as V4VulnerabilityReport).packages['1']);
    names.push((await Promise.all(firsts)).map((first) => first?.name).join(' '));
  }
  const [first, second] = ['libssl3 libssl3 libssl3', 'zlib zlib zlib'];
  assert.deepEqual(names, [first, second, second, first]);
});

test('answers 202 while no advisories are loaded, and while those of the distribution are not', async (t) => {
  const { request, store } = await startV4Server(t, contents, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  const answer = async () => {
    const response = await request(reportPath);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await answer(), [202, '']);
  await store.advisories.apply(feedUpdate(), stream([record('CVE-1')]));
  assert.deepEqual(await answer(), [202, '']);
});

test('answers 404 for advisories that are not loaded if the settings say so', async (t) => {
  const { request } = await startV4Server(t, contents, { extensions: builtIn, notReadyStatus: 404 });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  assert.equal((await request(reportPath)).status, 404);
});

test('answers 404 for an unknown manifest, 400 for no digest, and 405 for another method', async (t) => {
  const { request, store } = await startV4Server(t, contents, { extensions: builtIn });
  await loadAdvisory(store);
  const unknown = await request(reportPath);
  assert.deepEqual(await unknown.json(), {
    code: 'not-found',
    message: `index report for manifest "${v4Manifest}" not found`,
  });
  assert.equal((await request('/matcher/api/v1/vulnerability_report/nothing')).status, 400);
  assert.equal((await request(reportPath, { method: 'POST' })).status, 405);
});

test('prefers vectors of NVD, and leaves out those without a score and of other versions', () => {
  const vectors = (source: string, ...list: readonly string[]) => ({
    id: 'CVE-1',
    source,
    cvss: list.map((vector) => ({ source, vector })),
  });
  const low = 'CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N';
  const four = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
  assert.deepEqual(
    toV4Cvss([vectors('redhat', low), vectors('nvd', four)]).map(({ vectorString }) => vectorString),
    [low],
  );
  assert.deepEqual(toV4Cvss([vectors('nvd', 'CVSS:3.1/AV:X', four, 'AV:N/AC:L/Au:N/C:P/I:P/A:P')]), []);
  const critical = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  const both = toV4Cvss([vectors('redhat', low), vectors('nvd', critical)]);
  assert.deepEqual(
    both.map(({ baseScore }) => baseScore),
    [9.8],
  );
});

test('names a vulnerability of a package once, also if it is found in several repositories', () => {
  const image = imageOf([installed('openssl')]);
  const manifest = {
    digest: parseDigest(v4Manifest) ?? assert.fail(),
    layers: [],
    number: 1,
    revision: '',
    engineVersion: 1,
    image,
  };
  const found = {
    source: 'rhel',
    id: 'CVE-2024-5535',
    canonicalId: 'CVE-2024-5535',
    severity: 'High' as const,
    namespace: { name: 'rhel:9', versionScheme: 'rpm' },
    affectedPackage: 'openssl',
    isOfSource: false,
    fix: { state: 'unfixed' as const },
    links: [],
    enrichments: [],
    description: null,
    link: null,
    metadata: undefined,
  };
  const report = renderVulnerabilityReport(manifest, new Map([[0, [found, { ...found }]]]), builtIn);
  assert.deepEqual(report.package_vulnerabilities, { 1: ['1'] });
});
