import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, record } from '../../testing/store-content.ts';
import type { KeyedAffected, KeyedVulnerability } from '../advisory-store.ts';
import { hashOf, readDetails, writeDetails } from './record.ts';

const row = affectedRow('openssl');

const changes: Partial<KeyedVulnerability>[] = [
  { id: 'B' },
  { aliases: ['B'] },
  { description: 'B' },
  { title: 'B' },
  { issued: '2026-01-01T00:00:00Z' },
  { metadata: { b: 1 } },
  { links: [] },
  { severity: 'High' },
  { cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N' }] },
  { cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 5 }] },
  { modified: '2026-01-01T00:00:00Z' },
  { affected: [] },
  { affected: [row, row] },
  { affected: [{ ...row, namespace: { name: 'debian:13', versionScheme: 'dpkg' } }] },
  { affected: [{ ...row, package: 'curl' }] },
  { affected: [{ ...row, range: { from: '1', to: '5' } }] },
  { affected: [{ ...row, range: { from: '1', fromExcluded: true, to: '5' } }] },
  { affected: [{ ...row, range: { to: '5', toIncluded: true } }] },
  { affected: [{ ...row, fix: { state: 'unfixed' } }] },
  { affected: [{ ...row, fix: { state: 'fixed', version: '6' } }] },
  { affected: [{ ...row, severity: 'Medium' }] },
  { affected: [{ ...row, keys: { lo: Uint8Array.of(1), hi: Uint8Array.of(5) } }] },
  { affected: [{ ...row, keys: { lo: new Uint8Array(), hi: Uint8Array.of(5, 0) } }] },
  { affected: [withoutKeys(row)] },
  { affected: [{ ...row, only: { arch: ['amd64'] } }] },
  { affected: [{ ...row, only: { module: 'nodejs:18' } }] },
];

test('changes the hash of a record with each of its fields', () => {
  const records = [{}, ...changes].map((change) => record('A', change));
  assert.equal(new Set(records.map(hash)).size, records.length);
  assert.deepEqual(records.map(hash), structuredClone(records).map(hash));
});

test('reads every combination of the members that a record may lack', () => {
  const present = { title: 'B', metadata: { b: 1 }, issued: '2026-01-01T00:00:00Z' };
  const names = Object.keys(present) as (keyof typeof present)[];
  for (let chosen = 0; chosen < 1 << names.length; chosen++) {
    const change = Object.fromEntries(
      names.flatMap((name, bit) => ((chosen >> bit) & 1 ? [[name, present[name]]] : [])),
    );
    const { title, metadata, issued } = readDetails(writeDetails(record('A', change)));
    const absent = { title: undefined, metadata: undefined, issued: undefined };
    assert.deepEqual({ title, metadata, issued }, { ...absent, ...change });
  }
});

function hash(item: KeyedVulnerability): string {
  return hashOf(item, writeDetails(item));
}

function withoutKeys({ keys: _, ...rest }: KeyedAffected): KeyedAffected {
  return rest;
}
