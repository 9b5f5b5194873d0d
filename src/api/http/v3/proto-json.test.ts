import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtoJson, encodeProtoJson, type MessageShape } from './proto-json.ts';

const layer: MessageShape = { hash: 'string', headers: 'text map' };
const shape: MessageShape = { ancestry_name: 'string', layers: { listOf: layer } };

test('accepts names as in the proto or in camel case, and treats absent as empty', () => {
  const empty = { ancestry_name: '', layers: [] };
  for (const value of [undefined, null, {}, { other: 1 }, { ancestry_name: null, layers: null }])
    assert.deepEqual(decodeProtoJson(shape, value), empty);
  const layers = [{ hash: 'h0', headers: { A: 'b', C: null } }, null];
  const read = [
    { hash: 'h0', headers: { A: 'b', C: '' } },
    { hash: '', headers: {} },
  ];
  assert.deepEqual(decodeProtoJson(shape, { ancestryName: 'a', layers }), {
    ancestry_name: 'a',
    layers: read,
  });
  assert.deepEqual(decodeProtoJson(shape, { ancestry_name: 'a' }), { ...empty, ancestry_name: 'a' });
});

test('refuses values of a wrong type as Go does', () => {
  const cases: readonly (readonly [value: unknown, message: string])[] = [
    [[], 'array into Go value of type map[string]json.RawMessage'],
    ['a', 'string into Go value of type map[string]json.RawMessage'],
    [{ ancestry_name: true }, 'bool into Go value of type string'],
    [{ ancestry_name: {} }, 'object into Go value of type string'],
    [{ layers: 'a' }, 'string into Go value of type []json.RawMessage'],
    [{ layers: [1] }, 'number into Go value of type map[string]json.RawMessage'],
    [{ layers: [{ headers: { a: 1 } }] }, 'number into Go value of type string'],
  ];
  for (const [value, message] of cases)
    assert.throws(() => decodeProtoJson(shape, value), { message: `json: cannot unmarshal ${message}` });
});

test('omits empty fields, except messages', () => {
  const message = {
    name: '',
    limit: 0,
    list: [],
    nested: { index: 0, page: '' },
    text: '<&>',
    items: [{ a: '' }],
  };
  assert.equal(encodeProtoJson(message), '{"nested":{},"text":"\\u003c\\u0026\\u003e","items":[{}]}');
  assert.equal(encodeProtoJson({}), '{}');
});
