import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VexStatement } from '../model/suppression.ts';
import { cyclonedxDocument } from '../testing/vex-documents.ts';
import { readCycloneDx } from './cyclonedx-vex.ts';

const purl = 'pkg:deb/debian/curl@7.88.1?arch=amd64';

function read(vulnerability: object, above?: object): VexStatement | undefined {
  const entry = {
    id: 'CVE-2024-1',
    analysis: { state: 'not_affected' },
    affects: [{ ref: purl }],
    ...vulnerability,
  };
  return readCycloneDx(cyclonedxDocument([entry], above), { place: 'x', wants: () => true }).statements[0];
}

test('maps each state to a status, and gives no statement when there is no state', () => {
  const statuses = {
    not_affected: 'not_affected',
    false_positive: 'not_affected',
    resolved: 'fixed',
    resolved_with_pedigree: 'fixed',
    exploitable: 'affected',
    in_triage: 'under_investigation',
    harmless: undefined,
  };
  for (const [state, status] of Object.entries(statuses))
    assert.equal(read({ analysis: { state } })?.status, status, state);
  assert.equal(read({ analysis: undefined }), undefined);
  assert.equal(read({ analysis: { detail: 'ignored' } }), undefined);
});

test('maps a justification to VEX, and keeps it as text when VEX has no equivalent', () => {
  const why = (analysis: object) => {
    const entry = read({ analysis: { state: 'not_affected', ...analysis } });
    return [entry?.justification, entry?.words];
  };
  assert.deepEqual(why({ justification: 'code_not_reachable', detail: 'never called' }), [
    'vulnerable_code_not_in_execute_path',
    'never called',
  ]);
  assert.deepEqual(why({ justification: 'requires_configuration', detail: 'off here' }), [
    undefined,
    'requires configuration; off here',
  ]);
  assert.deepEqual(why({}), [undefined, undefined]);
});

test('takes the time from the analysis, the vulnerability or the document', () => {
  const [first, last, updated] = ['2024-06-01T00:00:00Z', '2024-07-01T00:00:00Z', '2024-05-15T00:00:00Z'];
  const state = 'in_triage';
  assert.equal(read({ analysis: { state, firstIssued: first, lastUpdated: last } })?.time, last);
  assert.equal(read({ analysis: { state, firstIssued: first }, updated })?.time, first);
  assert.equal(read({ analysis: { state }, updated })?.time, updated);
  assert.equal(read({ analysis: { state } })?.time, '2024-05-01T10:00:00Z');
});

test('refuses a time of another form, or more than a day in the future', () => {
  const at = (time: string) => () => read({ analysis: { state: 'in_triage', lastUpdated: time } });
  const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
  for (const time of [
    '2024-06-01',
    '1 June 2024',
    '2024-06-01 00:00:00Z',
    '2024-06-01T00:00:00',
    '2024-02-30T00:00:00Z',
  ])
    assert.throws(at(time), { code: 'config-invalid', message: /not a valid time/ }, time);
  assert.throws(at(inHours(25)), { code: 'config-invalid', message: /a time in the future/ });
  assert.equal(at(inHours(23))()?.status, 'under_investigation');
  assert.equal(at('2024-06-01T00:00:00.123456789+02:00')()?.status, 'under_investigation');
});

test('resolves references to components of this and of other documents, and to package URLs', () => {
  const components = [
    { type: 'application', 'bom-ref': 'app', components: [{ type: 'library', 'bom-ref': 'curl', purl }] },
  ];
  const versionOf = (ref: string) =>
    read({ affects: [{ ref }] }, { components })?.products[0]?.purls[0]?.version;
  assert.equal(versionOf('curl'), '7.88.1');
  assert.equal(versionOf('urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#curl'), '7.88.1');
  assert.equal(
    versionOf(`urn:cdx:11111111-395b-41f5-a30f-a58921a69b79/1#${encodeURIComponent(purl)}`),
    '7.88.1',
  );
  assert.equal(versionOf(purl), '7.88.1');
  // A BOM-Link to another document does not resolve to components of this one.
  assert.equal(versionOf('urn:cdx:11111111-395b-41f5-a30f-a58921a69b79/1#curl'), undefined);
  assert.equal(versionOf('unknown'), undefined);
  assert.equal(versionOf('urn:cdx:%/1#%'), undefined);
});

test('limits a package to the image when the document describes an image', () => {
  const hash = 'ab'.repeat(32);
  const image = {
    type: 'container',
    'bom-ref': 'image',
    name: 'registry.example/web:1',
    hashes: [{ alg: 'SHA-256', content: hash }],
  };
  const above = {
    metadata: { component: image },
    components: [{ type: 'library', 'bom-ref': 'curl', purl }],
  };
  const [part] = read({ affects: [{ ref: 'curl' }] }, above)?.products ?? [];
  assert.deepEqual(part?.digests, [`sha256:${hash}`]);
  assert.deepEqual(part.references, ['registry.example/web:1']);
  assert.equal(part.parts?.[0]?.purls[0]?.name, 'curl');
  const [whole] = read({ affects: [{ ref: 'image' }] }, above)?.products ?? [];
  assert.deepEqual([whole?.digests, whole?.parts], [[`sha256:${hash}`], undefined]);
});

test('reads the listed versions and the ranges', () => {
  const only = (list: object[]) => {
    const [product] = read({ affects: [{ ref: purl, versions: list }] })?.products ?? [];
    return [product?.versions, product?.ranges];
  };
  assert.deepEqual(only([{ version: '1' }, { version: '2', status: 'unaffected' }]), [['1', '2'], []]);
  assert.deepEqual(only([{ range: 'vers:deb/<2' }, { version: '3' }]), [['3'], ['vers:deb/<2']]);
  const [product] = read({})?.products ?? [];
  assert.deepEqual([product?.versions, product?.ranges], [undefined, undefined]);
});

for (const kind of ['range', 'version'] as const)
  test(`ignores an affected ${kind} when the statement is fixed or not affected`, () => {
    const covered = (state: string) => {
      const versions = ['unaffected', 'affected', 'unknown', undefined].map((status) => ({
        [kind]: `<2 ${status}`,
        status,
      }));
      const [product] = read({ analysis: { state }, affects: [{ ref: purl, versions }] })?.products ?? [];
      return product?.[`${kind}s`]?.map((text) => text.split(' ')[1]);
    };
    assert.deepEqual(covered('resolved'), ['unaffected']);
    assert.deepEqual(covered('not_affected'), ['unaffected', 'undefined']);
    assert.deepEqual(covered('exploitable'), ['unaffected', 'affected', 'unknown', 'undefined']);
  });

test('applies versions to the parts when the document describes an image', () => {
  const image = { type: 'container', 'bom-ref': 'image', name: 'registry.example/web:1' };
  const above = { metadata: { component: image } };
  const [product] =
    read({ affects: [{ ref: purl, versions: [{ range: 'vers:deb/<2' }] }] }, above)?.products ?? [];
  assert.deepEqual([product?.ranges, product?.parts?.[0]?.ranges], [undefined, ['vers:deb/<2']]);
});

test('reads the aliases of a vulnerability from its references', () => {
  assert.deepEqual(read({ references: [{ id: 'GHSA-1' }, {}] })?.ids, ['CVE-2024-1', 'GHSA-1']);
});
