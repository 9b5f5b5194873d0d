import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeGoJson } from './go-json-decode.ts';
import { encodeGoJson, encodeGoValue, JsonListBuilder } from './go-json-encode.ts';
import type { GoType } from './go-type.ts';
import * as v1 from './v1/types.ts';

test('escapes characters that could end a script, as Go does', () => {
  assert.equal(
    encodeGoJson({ Name: '<b>&\u2028\u2029"\\/\b\f\n\r\t\0\x7fé😀\ud800' }),
    '{"Name":"\\u003cb\\u003e\\u0026\\u2028\\u2029\\"\\\\/\\b\\f\\n\\r\\t\\u0000\x7fé😀\ufffd"}\n',
  );
});

test('writes numbers as Go writes float64', () => {
  assert.equal(
    encodeGoJson([0, -0, 1.5, 1e20, 1e21, 1e-6, 1e-7, 123456789012345680]),
    '[0,-0,1.5,100000000000000000000,1e+21,0.000001,1e-7,123456789012345680]\n',
  );
});

test('sorts keys of maps by bytes', () => {
  const map = new Map(['10', '9', 'b', 'B', '\u{1f600}', '\uffee', '__proto__'].map((key) => [key, 1]));
  assert.equal(encodeGoJson(map), '{"10":1,"9":1,"B":1,"__proto__":1,"b":1,"\uffee":1,"\u{1f600}":1}\n');
});

test('throws when a value cannot be encoded', () => {
  assert.throws(() => encodeGoJson({ a: 1n }), TypeError);
});

test('writes a value of a Go type in the order of its fields, without empty ones', () => {
  const cases: readonly (readonly [GoType, object, string])[] = [
    [v1.layerEnvelope, { Layer: {} }, '{"Layer":{}}'],
    [
      v1.layerEnvelope,
      {
        Layer: {
          Features: [],
          IndexedByVersion: 3,
          Format: '',
          Headers: { 'X-Test': '1', Authorization: 'Bearer tok' },
          Path: 'http://127.0.0.1:18080/alpine-3.20.tar.gz',
          Name: 'a320http',
        },
      },
      '{"Layer":{"Name":"a320http","Path":"http://127.0.0.1:18080/alpine-3.20.tar.gz",' +
        '"Headers":{"Authorization":"Bearer tok","X-Test":"1"},"IndexedByVersion":3}}',
    ],
    [v1.namespaceEnvelope, { Namespaces: [] }, '{"Namespaces":null}'],
    [v1.vulnerabilityEnvelope, { Vulnerabilities: [], NextPage: '' }, '{"Vulnerabilities":null}'],
    [v1.featureEnvelope, { Features: [{ Name: 'a', AddedBy: '' }] }, '{"Features":[{"Name":"a"}]}'],
    [
      v1.notificationEnvelope,
      {
        Notification: {
          Limit: -1,
          New: { OrderedLayersIntroducingVulnerability: [{ Index: 0, LayerName: '' }] },
        },
      },
      '{"Notification":{"Limit":-1,"New":{"OrderedLayersIntroducingVulnerability":[{"Index":0,"LayerName":""}]}}}',
    ],
    [v1.notificationPage, { OldVulnerability: -1 }, '{"OldVulnerability":-1,"NewVulnerability":0}'],
  ];
  for (const [type, value, text] of cases) assert.equal(encodeGoValue(type, value), `${text}\n`);
});

test('echoes a decoded value as Go does', () => {
  const text = '{"Vulnerability":{"Metadata":{"b":-0,"a":{"d":[1.50,null],"10":1e21,"9":true}},"Name":"n"}}';
  const decoded = decodeGoJson(v1.vulnerabilityEnvelope, Buffer.from(text));
  assert.equal(
    encodeGoValue(v1.vulnerabilityEnvelope, decoded),
    '{"Vulnerability":{"Name":"n","Metadata":{"a":{"10":1e+21,"9":true,"d":[1.5,null]},"b":-0}}}\n',
  );
});

/** Objects as maps, whose keys `encodeGoJson` sorts. */
function asMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMaps);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([key, held]) => [key, asMaps(held)]));
}

test('writes a map of a Go type as a sorted map', () => {
  const keys = fc.oneof(
    { arbitrary: fc.constantFrom('B', 'b', '_', 'a.b', 'CVSSv2'), weight: 20 },
    fc.constantFrom('10', '9', '__proto__', '\u{1f600}', '\uffee', '-', ''),
    fc.string({ unit: 'binary' }),
  );
  const leaves = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(0, -0, 1.5, 1e21, null, true, '\ud800', '\\ud8', '<&>', '\u2028', '\b\0\x7f'),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const { metadata } = fc.letrec<{ any: unknown; metadata: Record<string, unknown> }>((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, leaves, fc.array(tie('any'), { maxLength: 3 }), tie('metadata')),
    metadata: fc.dictionary(keys, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  }));
  fc.assert(
    fc.property(metadata, fc.string({ unit: 'grapheme' }), (Metadata, Name) => {
      const value = { Vulnerability: { Name, Metadata } };
      const fields = {
        ...(Name !== '' && { Name }),
        ...(Object.keys(Metadata).length > 0 && { Metadata: asMaps(Metadata) }),
      };
      assert.equal(encodeGoValue(v1.vulnerabilityEnvelope, value), encodeGoJson({ Vulnerability: fields }));
    }),
    { numRuns: 1000 },
  );
});

test('writes a long list element by element as encodeGoJson writes the whole', () => {
  const list = new JsonListBuilder('Vulnerabilities', v1.vulnerability);
  const all = Array.from({ length: 100 }, (_, i) => ({ Name: `CVE-<${i}>`, NamespaceName: 'debian:9' }));
  for (const { Name, NamespaceName } of all) list.add({ NamespaceName, Name });
  assert.equal(list.characters, encodeGoJson(all).length - '[]\n'.length);
  assert.equal(list.end({ Error: undefined }), encodeGoJson({ Vulnerabilities: all }));
  assert.equal(list.end({ NextPage: 'a' }), encodeGoJson({ Vulnerabilities: all, NextPage: 'a' }));
});

test('writes a long list without elements as null', () => {
  const list = new JsonListBuilder('Vulnerabilities', v1.vulnerability);
  assert.equal(list.end(), '{"Vulnerabilities":null}\n');
});
