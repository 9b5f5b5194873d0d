import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { decodeGoJson } from './go-json-decode.ts';
import { layerEnvelope, notificationEnvelope, vulnerabilityEnvelope } from './v1/types.ts';

/** The results of Go 1.24.4 for the same types. The first lines are also in the recordings of Clair. */
const refused: readonly (readonly [text: string, message: string])[] = [
  ['', 'EOF'],
  [' \n', 'EOF'],
  ['{', 'unexpected EOF'],
  ['nul', 'unexpected EOF'],
  ['"a', 'unexpected EOF'],
  ['[]', 'json: cannot unmarshal array into Go value of type v1.LayerEnvelope'],
  ['1', 'json: cannot unmarshal number into Go value of type v1.LayerEnvelope'],
  ['{"Layer":[]}', 'json: cannot unmarshal array into Go struct field LayerEnvelope.Layer of type v1.Layer'],
  [
    '{"Layer":{"Name":1}}',
    'json: cannot unmarshal number into Go struct field Layer.Layer.Name of type string',
  ],
  [
    '{"Layer":{"Name":true}}',
    'json: cannot unmarshal bool into Go struct field Layer.Layer.Name of type string',
  ],
  [
    '{"Layer":{"Name":{}}}',
    'json: cannot unmarshal object into Go struct field Layer.Layer.Name of type string',
  ],
  [
    '{"Layer":{"Headers":{"a":1}}}',
    'json: cannot unmarshal number into Go struct field Layer.Layer.Headers of type string',
  ],
  [
    '{"Layer":{"Headers":[]}}',
    'json: cannot unmarshal array into Go struct field Layer.Layer.Headers of type map[string]string',
  ],
  [
    '{"Layer":{"IndexedByVersion":"3"}}',
    'json: cannot unmarshal string into Go struct field Layer.Layer.IndexedByVersion of type int',
  ],
  [
    '{"Layer":{"IndexedByVersion":1.5}}',
    'json: cannot unmarshal number 1.5 into Go struct field Layer.Layer.IndexedByVersion of type int',
  ],
  [
    '{"Layer":{"IndexedByVersion":9223372036854775808}}',
    'json: cannot unmarshal number 9223372036854775808 into Go struct field Layer.Layer.IndexedByVersion of type int',
  ],
  [
    '{"Layer":{"Features":[1]}}',
    'json: cannot unmarshal number into Go struct field Layer.Layer.Features of type v1.Feature',
  ],
  [
    '{"Layer":{"Features":[{"Version":1}]}}',
    'json: cannot unmarshal number into Go struct field Feature.Layer.Features.Version of type string',
  ],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ['é', "invalid character 'Ã' looking for beginning of value"],
  ['\0', "invalid character '\\x00' looking for beginning of value"],
  ['\x7f', "invalid character '\\x7f' looking for beginning of value"],
  ['\\', "invalid character '\\\\' looking for beginning of value"],
  ['{"Layer"}', "invalid character '}' after object key"],
  ['{"Layer" 1}', "invalid character '1' after object key"],
  ['{"Layer":{} "x"}', "invalid character '\"' after object key:value pair"],
  ['{"Layer":{},}', "invalid character '}' looking for beginning of object key string"],
  ['{1}', "invalid character '1' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['[01]', "invalid character '1' after array element"],
  ['[-x]', "invalid character 'x' in numeric literal"],
  ['[1.x]', "invalid character 'x' after decimal point in numeric literal"],
  ['[1ex]', "invalid character 'x' in exponent of numeric literal"],
  ['[+1]', "invalid character '+' looking for beginning of value"],
  ['trux', "invalid character 'x' in literal true (expecting 'e')"],
  ['falsx', "invalid character 'x' in literal false (expecting 'e')"],
  ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
  ['"\t"', "invalid character '\\t' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['{"Layer":{"Name":1},}', "invalid character '}' looking for beginning of object key string"],
];

/** The results of Go 1.24.4 for a `VulnerabilityEnvelope`. */
const refusedVulnerabilities: readonly (readonly [text: string, message: string])[] = [
  [
    '{"Vulnerability":{"FixedIn":{}}}',
    'json: cannot unmarshal object into Go struct field Vulnerability.Vulnerability.FixedIn of type []v1.Feature',
  ],
  [
    '{"Vulnerability":{"FixedIn":[{"Name":[]}]}}',
    'json: cannot unmarshal array into Go struct field Feature.Vulnerability.FixedIn.Name of type string',
  ],
  [
    '{"Vulnerability":{"Metadata":"x"}}',
    'json: cannot unmarshal string into Go struct field Vulnerability.Vulnerability.Metadata of type map[string]interface {}',
  ],
  [
    '{"Vulnerability":{"Metadata":{"a":1e400}}}',
    'json: cannot unmarshal number 1e400 into Go struct field Vulnerability.Vulnerability.Metadata of type float64',
  ],
  [
    '{"Vulnerabilities":"x"}',
    'json: cannot unmarshal string into Go struct field VulnerabilityEnvelope.Vulnerabilities of type []v1.Vulnerability',
  ],
  [
    '{"Vulnerability":{"Name":1,"Link":[]}}',
    'json: cannot unmarshal number into Go struct field Vulnerability.Vulnerability.Name of type string',
  ],
];

suite('refuses what Go refuses, with the message of Go', () => {
  for (const [text, message] of refused)
    test(JSON.stringify(text), () => {
      assert.throws(() => decodeGoJson(layerEnvelope, Buffer.from(text)), { name: 'GoJsonError', message });
    });
  for (const [text, message] of refusedVulnerabilities)
    test(JSON.stringify(text), () => {
      assert.throws(() => decodeGoJson(vulnerabilityEnvelope, Buffer.from(text)), { message });
    });
});

suite('decodes what Go decodes', () => {
  const read: readonly (readonly [text: string, value: object])[] = [
    ['null', {}],
    ['{}', {}],
    ['{"Layer":null}', {}],
    ['{"Layer":{}} trailing garbage', { Layer: {} }],
    ['{"Bogus":[{"a":[1,2.5e3,"\\n"]}],"Layer":{"Name":null,"Path":"p"}}', { Layer: { Path: 'p' } }],
    ['\t{"layer" : {"NAME":"a","naMe":"b"}}', { Layer: { Name: 'b' } }],
    ['{"Layer":{"Name":"a"},"Layer":{"Path":"b"}}', { Layer: { Name: 'a', Path: 'b' } }],
    ['{"Layer":{"Name":"a"},"Layer":null}', {}],
    ['{"Layer":{"Headers":{"b":"1"},"Headers":{"a":null}}}', { Layer: { Headers: { a: '', b: '1' } } }],
    [
      '{"Layer":{"IndexedByVersion":-3,"Features":[null]}}',
      { Layer: { IndexedByVersion: -3, Features: [{}] } },
    ],
    ['{"Layer":{"Name":"\\ud800\\ud83d\\ude00\\udc00\\/"}}', { Layer: { Name: '\ufffd😀\ufffd/' } }],
  ];
  for (const [text, value] of read)
    test(text, () => {
      assert.deepEqual(decodeGoJson(layerEnvelope, Buffer.from(text)), value);
    });
});

suite('special rules of Go', () => {
  test('folds case as Go does: the long s is an s, and a ligature is not two letters', () => {
    const text = '{"Vulnerability":{"ſeverity":"Low","ﬁxedIn":[{}]}}';
    assert.deepEqual(decodeGoJson(vulnerabilityEnvelope, Buffer.from(text)), {
      Vulnerability: { Severity: 'Low' },
    });
  });

  test('decodes a repeated list over the previous one', () => {
    const text =
      '{"Vulnerability":{"FixedIn":[{"Name":"a","Version":"1"},{"Name":"b"}],"FixedIn":[{"Name":"c"}]}}';
    assert.deepEqual(decodeGoJson(vulnerabilityEnvelope, Buffer.from(text)), {
      Vulnerability: { FixedIn: [{ Name: 'c', Version: '1' }] },
    });
  });

  test('sets fields without omitempty', () => {
    const text = '{"Notification":{"New":{"OrderedLayersIntroducingVulnerability":[{},{"Index":1}]}}}';
    assert.deepEqual(decodeGoJson(notificationEnvelope, Buffer.from(text)), {
      Notification: {
        New: {
          OrderedLayersIntroducingVulnerability: [
            { Index: 0, LayerName: '' },
            { Index: 1, LayerName: '' },
          ],
        },
      },
    });
  });

  test('accepts any value as metadata, and treats no key of it specially', () => {
    const text = '{"Vulnerability":{"Metadata":{"a":[1.50,null,{"b":false}],"__proto__":{"c":1},"a":2}}}';
    const { Vulnerability } = decodeGoJson(vulnerabilityEnvelope, Buffer.from(text));
    assert.equal(JSON.stringify(Vulnerability?.Metadata), '{"a":2,"__proto__":{"c":1}}');
  });

  test('replaces each byte that is not UTF-8 by U+FFFD', () => {
    // As in Go: the first two bytes of three, 0xFF, a surrogate and an overlong slash.
    const bytes = [0xe2, 0x82, 0x41, 0xff, 0xed, 0xa0, 0x80, 0xc0, 0xaf, 0xc3, 0xa9];
    const text = Buffer.concat([
      Buffer.from('{"Notification":{"Name":"'),
      Buffer.from(bytes),
      Buffer.from('"}}'),
    ]);
    assert.deepEqual(decodeGoJson(notificationEnvelope, text), {
      Notification: { Name: `\ufffd\ufffdA${'\ufffd'.repeat(6)}é` },
    });
  });
});

test('refuses values over the nesting limit, and decodes those at the limit', () => {
  const nested = (depth: number): Buffer =>
    Buffer.from(`{"Vulnerability":{"Metadata":{"a":${'['.repeat(depth - 3)}${']'.repeat(depth - 3)}}}}`);
  assert.doesNotThrow(() => JSON.stringify(decodeGoJson(vulnerabilityEnvelope, nested(limits.jsonDepth))));
  assert.throws(() => decodeGoJson(vulnerabilityEnvelope, nested(limits.jsonDepth + 1)), {
    message: "invalid character '[' exceeded max depth",
  });
});
