import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enrichment } from '../model/enrichment.ts';
import type { Severity } from '../model/severity.ts';
import { ratingOfAdvisories, ratingOfEnrichments } from './rate.ts';

const critical = { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', score: 9.8 };
const high = { vector: 'CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 7.8 };
const low = { vector: 'CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N', score: 2.5 };

function advisory(source: string, severity: Severity, vector?: typeof critical) {
  return { source, severity, cvss: vector === undefined ? [] : [{ source, ...vector }] };
}

test('prefers the vendor to the advisory database, whatever its severity', () => {
  const hits = [advisory('osv', 'Critical'), advisory('debian', 'Negligible')];
  assert.deepEqual(ratingOfAdvisories(hits), { source: 'debian', severity: 'Negligible' });
});

test('uses the highest of several vendors', () => {
  const hits = [advisory('rhel', 'Low'), advisory('acme', 'High'), advisory('rocky', 'High')];
  assert.deepEqual(ratingOfAdvisories(hits), { source: 'acme', severity: 'High' });
});

test('uses the advisory database when the vendor gives no severity', () => {
  const hits = [advisory('debian', 'Unknown'), advisory('osv', 'Low')];
  assert.deepEqual(ratingOfAdvisories(hits), { source: 'osv', severity: 'Low' });
});

test('rates an advisory that has only a vector by its base score', () => {
  assert.deepEqual(ratingOfAdvisories([advisory('photon', 'Unknown', critical)]), {
    source: 'photon',
    severity: 'Critical',
  });
  const vector4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
  const rated = advisory('osv', 'Unknown', { vector: vector4, score: 9.3 });
  assert.deepEqual(ratingOfAdvisories([rated]), { source: 'osv', severity: 'Critical' });
});

const critical4 = { vector: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', score: 9.3 };
const low30 = { vector: low.vector.replace('3.1', '3.0'), score: 2.5 };
const high2 = { vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C', score: 10 };

test('rates by CVSS 3.1 before 4.0, 3.0 and 2.0, in whatever order an advisory lists its vectors', () => {
  const severityOf = (...vectors: (typeof low)[]) => {
    const cvss = vectors.map((vector) => ({ source: 'suse', ...vector }));
    return ratingOfAdvisories([{ source: 'suse', severity: 'Unknown', cvss }])?.severity;
  };
  assert.equal(severityOf(critical4, low), 'Low');
  assert.equal(severityOf(high2, low30, critical4), 'Critical');
  assert.equal(severityOf(high2, low30), 'Low');
  assert.equal(severityOf(low, high), 'High');
  const unscored = { source: 'suse', vector: low.vector };
  const cvss = [unscored, { source: 'suse', ...high2 }];
  assert.equal(ratingOfAdvisories([{ source: 'suse', severity: 'Unknown', cvss }])?.severity, 'High');
});

test('rates by CVSS 3.1 before 4.0 when two records of one issuer list them in the other order', () => {
  const record = (vector: typeof low): Enrichment => ({
    id: 'CVE-2024-1',
    cvss: [{ source: 'acme', ...vector }],
  });
  assert.equal(ratingOfEnrichments([record(critical4), record(low)])?.severity, 'Low');
});

test('gives no rating for advisories without severity and vector', () => {
  assert.equal(ratingOfAdvisories([advisory('alpine', 'Unknown')]), undefined);
});

test('prefers the CNA to CISA, and CISA to NVD', () => {
  const known = (...cvss: NonNullable<Enrichment['cvss']>): Enrichment => ({ id: 'CVE-2024-1', cvss });
  const [cna, cisa, nvd] = [
    { source: 'redhat', ...low },
    { source: 'cisa-adp', ...critical },
    { source: 'nvd', ...high },
  ];
  assert.deepEqual(ratingOfEnrichments([known(nvd, cisa, cna)]), { source: 'redhat', severity: 'Low' });
  assert.deepEqual(ratingOfEnrichments([known(nvd), known(cisa)]), {
    source: 'cisa-adp',
    severity: 'Critical',
  });
  assert.deepEqual(ratingOfEnrichments([known(nvd)]), { source: 'nvd', severity: 'High' });
  assert.equal(ratingOfEnrichments([{ id: 'CVE-2024-1' }]), undefined);
});

test('uses the highest of several vectors of one issuer and version', () => {
  const known = (...cvss: NonNullable<Enrichment['cvss']>): Enrichment => ({ id: 'CVE-2024-1', cvss });
  const by = (source: string, vector: typeof low) => ({ source, ...vector });
  const rated = ratingOfEnrichments([known(by('acme', low), by('acme', critical), by('nvd', high))]);
  assert.deepEqual(rated, { source: 'acme', severity: 'Critical' });
  // The preferred one of several versions counts.
  const version2 = { vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C', score: 10 };
  assert.equal(ratingOfEnrichments([known(by('acme', low), by('acme', version2))])?.severity, 'Low');
});

test('uses a severity that the CNA states as text', () => {
  const stated: Enrichment = { id: 'CVE-2024-1', severity: 'High', assigner: 'apache' };
  const nvd: Enrichment = { id: 'CVE-2024-1', cvss: [{ source: 'nvd', ...critical }] };
  assert.deepEqual(ratingOfEnrichments([nvd, stated]), { source: 'apache', severity: 'High' });
});
