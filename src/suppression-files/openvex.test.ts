import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VexStatement } from '../model/suppression.ts';
import { corpusTest } from '../testing/corpus.ts';
import { corpusFiles } from '../testing/corpus-archive.ts';
import { openVexDocument } from '../testing/vex-documents.ts';
import { readOpenVex } from './openvex.ts';

function read(statement: object, above?: object): VexStatement | undefined {
  const document = openVexDocument(
    [{ vulnerability: { name: 'CVE-2024-1' }, status: 'fixed', ...statement }],
    above,
  );
  return readOpenVex(document, { place: 'x', wants: () => true }).statements[0];
}

test('reads the ids of a vulnerability from its name, its aliases or its page', () => {
  assert.deepEqual(read({ vulnerability: { name: 'CVE-2024-1', aliases: ['GHSA-1', 'CVE-2024-1'] } })?.ids, [
    'CVE-2024-1',
    'GHSA-1',
  ]);
  assert.deepEqual(
    read({ vulnerability: { '@id': 'https://nvd.nist.gov/vuln/detail/CVE-2019-17571' } })?.ids,
    ['CVE-2019-17571'],
  );
  assert.deepEqual(read({ vulnerability: 'CVE-2020-1' })?.ids, ['CVE-2020-1']);
});

test('takes products and times from the document when the statement has none', () => {
  const inherited = read({}, { products: [{ '@id': 'pkg:deb/debian/curl' }] });
  assert.equal(inherited?.products[0]?.purls[0]?.name, 'curl');
  assert.equal(inherited.time, '2024-05-01T10:00:00Z');
  assert.equal(read({ timestamp: '2025-01-01T00:00:00Z' })?.time, '2025-01-01T00:00:00Z');
  const later = { last_updated: '2026-01-01T00:00:00Z' };
  assert.equal(read({}, later)?.time, later.last_updated);
  assert.equal(read({ timestamp: '2025-01-01T00:00:00Z' }, later)?.time, '2025-01-01T00:00:00Z');
  const precise = '2023-01-08T18:02:03.647787998-06:00';
  assert.equal(read({ timestamp: '2020-01-01T00:00:00Z', last_updated: precise })?.time, precise);
});

test('reads id, identifiers, hash and parts of a product', () => {
  const hash = 'AB'.repeat(32);
  const [product] =
    read({
      products: [
        {
          '@id': 'https://example.com/image',
          identifiers: { purl: 'pkg:oci/web@sha256:12', cpe23: 'cpe:2.3:a:x:y:1:*:*:*:*:*:*:*' },
          hashes: { 'sha-256': hash },
          subcomponents: [{ '@id': 'pkg:deb/debian/curl' }, 'pkg:deb/debian/wget'],
        },
      ],
    })?.products ?? [];
  assert.deepEqual(product?.digests, [`sha256:${hash.toLowerCase()}`]);
  assert.equal(product.purls[0]?.version, 'sha256:12');
  assert.deepEqual(
    product.parts?.map(({ purls }) => purls[0]?.name),
    ['curl', 'wget'],
  );
  assert.equal(
    read({ products: [{ '@id': 'pkg:oci/web', subcomponents: [] }] })?.products[0]?.parts,
    undefined,
  );
});

test('ignores a not_affected statement when it has no reason', () => {
  assert.equal(read({ status: 'not_affected' }), undefined);
  assert.equal(read({ status: 'not_affected', impact_statement: 'no server' })?.words, 'no server');
  const justified = read({ status: 'not_affected', justification: 'vulnerable_code_not_present' });
  assert.equal(justified?.justification, 'vulnerable_code_not_present');
  assert.throws(() => read({ status: 'not_affected', justification: 'because' }), { code: 'config-invalid' });
});

test('reads the explanation from the action statement or the notes when there is no impact statement', () => {
  assert.equal(read({ status: 'affected', action_statement: 'update' })?.words, 'update');
  assert.equal(read({ status: 'under_investigation', status_notes: 'on it' })?.words, 'on it');
});

corpusTest('reads all documents of two VEX hubs', () => {
  let documents = 0;
  let statements = 0;
  for (const { path: name, bytes } of corpusFiles('feeds/vex/openvex-hubs.tar.zst', '.json')) {
    const value = JSON.parse(bytes.toString('utf8')) as { statements?: unknown[] };
    if (value.statements === undefined) continue;
    documents++;
    statements += value.statements.length;
    const read = readOpenVex(value, { place: name, wants: () => true });
    assert.equal(read.statements.length, value.statements.length, name);
    for (const { products, ids } of read.statements) {
      assert.ok(ids.length > 0 && products.length > 0, name);
      assert.ok(
        products.every(
          ({ purls, parts }) => purls.length > 0 && parts?.every((part) => part.purls.length > 0) !== false,
        ),
      );
    }
  }
  assert.ok(documents > 200, String(documents));
  assert.ok(statements > 10_000, String(statements));
});
