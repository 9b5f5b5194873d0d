import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { foldedKey, withFoldedKeys } from './folded-keys.ts';

const schema = z.object({
  layers: z.nullish(z.array(z.object({ digest: z.string() }))),
  diff_ids: z.optional(z.string()),
  kind: z.optional(z.string()),
  rootfs: z.nullish(z.object({ type: z.optional(z.string()) })),
  annotations: z.nullish(z.record(z.string(), z.string())),
  named: z.optional(z.record(z.string(), z.object({ size: z.optional(z.number()) }))),
});

function folded(text: string): unknown {
  const bytes = Buffer.from(text);
  const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
  return withFoldedKeys(schema, { bytes, json }, (fault) => new Error(fault));
}

// As Go 1.26 unmarshals them into a struct with these fields.
const accepted: readonly (readonly [text: string, value: unknown])[] = [
  ['{"LAYERS":[{"DIGEST":"b"}]}', { layers: [{ digest: 'b' }] }],
  ['{"layer\u017f":[]}', { layers: [] }],
  ['{"layer\\u017f":[]}', { layers: [] }],
  ['{"\\u212aind":"k"}', { kind: 'k' }],
  ['{"\\u004cayers":[]}', { layers: [] }],
  ['{"DIFF_IDS":"x","Kind":"y"}', { diff_ids: 'x', kind: 'y' }],
  ['{"diff-ids":"x","layers ":1,"d\u0131ff_ids":"x"}', {}],
  ['\uFEFF{ "Kind" : "a\\"},{\\\\" }', { kind: 'a"},{\\' }],
  ['{"x":{"layers":1,"LAYERS":2},"kind":"k"}', { kind: 'k' }],
  ['{"annotations":{"a":"1","A":"2"}}', { annotations: { a: '1', A: '2' } }],
  ['{"named":{"a":{"Size":1},"A":{"SIZE":2}}}', { named: { a: { size: 1 }, A: { size: 2 } } }],
  ['{"layers":null,"rootfs":null}', { layers: null, rootfs: null }],
  [
    '{"kind":"a\\ud800b","annotations":{"\\udc00":"\\ud83d\\ude00\\ud83d"}}',
    { kind: 'a\ufffdb', annotations: { '\ufffd': '\u{1f600}\ufffd' } },
  ],
  ['[1,"layers",{"layers":1}]', [1, 'layers', { layers: 1 }]],
  ['12', 12],
];

test('takes the same keys for a field as Go', () => {
  for (const [text, value] of accepted) assert.deepEqual(folded(text), value, text);
});

const refused: readonly (readonly [text: string, field: string])[] = [
  ['{"layers":[],"LAYERS":[]}', 'layers'],
  ['{"LAYERS":[],"layers":[]}', 'layers'],
  ['{"layers":[],"layers":[]}', 'layers'],
  ['{"layers":[],"layer\u017f":[]}', 'layers'],
  ['{"layers":[],"layer\\u017F":[]}', 'layers'],
  ['{"layers":[],"\\u006cayers":null}', 'layers'],
  ['{"kind":"a","\u212aind":"b"}', 'kind'],
  ['{"x":[{}, "}"],"rootfs":{"type":"a","Type":"b"}}', 'type'],
  ['{"layers":[{"digest":"a"},{"digest":"a","Digest":"b"}]}', 'digest'],
  ['{"named":{"a":{"size":1,"sizE":2}}}', 'size'],
];

test('refuses a field that occurs twice in any letter case', () => {
  for (const [text, field] of refused)
    assert.throws(() => folded(text), new RegExp(`^Error: has the field ${field} twice`), text);
});

test('folds the two letters outside ASCII that Go folds to an ASCII letter', () => {
  assert.equal(foldedKey('\u017fK\u212a\u0130\u0131\u00c9'), 'skk\u0130\u0131\u00c9');
});
