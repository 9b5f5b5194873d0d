import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../core/limits.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { JsonSplitter } from './json-splitter.ts';
import {
  JsonStreamError,
  jsonElements,
  jsonElementsOf,
  jsonGroupMembers,
  jsonMembers,
  jsonObject,
} from './json-stream.ts';

function bytes(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

/** Reads the content as an object and returns the error it ends with. */
async function failure(content: Buffer, size = 5): Promise<JsonStreamError> {
  const error: unknown = await collectAll(jsonMembers(inChunks(content, size))).catch(
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof JsonStreamError, `${content.toString('latin1')} was read without an error`);
  return error;
}

/** Parses the members of inner objects. */
async function readGroups(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const { value } of jsonGroupMembers(body, () => undefined)) value();
}

const spaced = fc.constantFrom(0, 1, '\t', '\r\n  ');
const pieceSizes = fc.integer({ min: 1, max: 40 });

test('yields the members that JSON.parse gives when the content comes in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
      spaced,
      pieceSizes,
      async (value, space, size) => {
        const text = JSON.stringify(value, null, space);
        const members = await collectAll(jsonMembers(inChunks(bytes(text), size)));
        assert.deepEqual(new Map(members), new Map(Object.entries(JSON.parse(text) as object)));
      },
    ),
  );
});

test('yields the elements that JSON.parse gives when the content comes in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), spaced, pieceSizes, async (value, space, size) => {
      const text = JSON.stringify(value, null, space);
      assert.deepEqual(await collectAll(jsonElements(inChunks(bytes(text), size))), JSON.parse(text));
    }),
  );
});

test('accepts escapes and multi-byte characters that are cut anywhere', async () => {
  const text = String.raw`{"a\\":"\"}{,\\","é€😀":["\\\"",{"b":"]"}],"\u0000":"\\"}`;
  for (let size = 1; size <= text.length; size++) {
    assert.deepEqual(await jsonObject(inChunks(bytes(text), size)), JSON.parse(text));
  }
});

test('ignores a byte order mark and blanks around the content', async () => {
  const content = bytes('\ufeff \r\n{ "a" : 1 } \t\n');
  for (const size of [1, 2, 100]) assert.deepEqual(await jsonObject(inChunks(content, size)), { a: 1 });
  assert.deepEqual(await collectAll(jsonElements(inChunks(bytes(' [ ] ')))), []);
  assert.deepEqual(await collectAll(jsonMembers(inChunks(bytes('{\n}\n')))), []);
});

test('fails at the end when the content is cut short anywhere', async () => {
  const content = bytes('{"name":{"CVE-1":[1,2,{"é":"\\"}"}]},"other":null}');
  for (let length = 1; length < content.length; length++) {
    const { position, message } = await failure(content.subarray(0, length));
    assert.deepEqual([position, message], [length, 'ends too early']);
  }
});

test('names what the content is when it is not the expected type', async () => {
  const cases: [string, string, number][] = [
    ['', 'empty', 0],
    ['[{"a":1}]', 'not a JSON object, but an array', 0],
    [' <!DOCTYPE html>', 'not a JSON object, but HTML or XML', 1],
    ['null', 'not a JSON object, but something that begins with byte 6e', 0],
    ['{"a":1} {"b":2}', 'more content after the end', 8],
    ['{"a":1}}', 'more content after the end', 7],
    ['{"a":1]', 'the object ends with the wrong bracket', 6],
    ['{"a":1,"b":2,"a":3}', 'the name "a" occurs twice', 13],
    ['{,}', 'a member is missing between two commas', 1],
    ['{"a":1,,"b":2}', 'a member is missing between two commas', 7],
    ['{"a":1,}', 'a member is missing between two commas', 7],
    ['{"a":[1}}', 'not valid JSON', 7],
    ['{"é":1, "b" 2}', 'not valid JSON', 13],
    ['{"a":1, "b"}', 'not valid JSON', 11],
  ];
  for (const [text, message, position] of cases) {
    for (const size of [1, 3, 100]) {
      const error = await failure(bytes(text), size);
      assert.deepEqual([error.message, error.position], [message, position], text);
    }
  }
});

test('fails when an element is missing', async () => {
  for (const text of ['[,]', '[1,]', '[1,,2]', '[1}', '[1 2]']) {
    await assert.rejects(collectAll(jsonElements(inChunks(bytes(text)))), JsonStreamError, text);
  }
});

test('fails at the record when its bytes are not UTF-8', async () => {
  const latin1 = Buffer.from('{"a":1,"b":"Andr\xe9"}', 'latin1');
  assert.equal((await failure(latin1)).position, 7);
  await failure(Buffer.from('{"a":1}', 'utf16le'));
});

test('enforces its limits on content without an end', async () => {
  const body = () => inChunks(bytes('{"a":"0123456789","b":2}'), 4);
  await assert.rejects(collectAll(jsonMembers(body(), { bytes: 20 })), {
    position: 20,
    message: 'longer than 20 bytes',
  });
  await assert.rejects(collectAll(jsonMembers(body(), { recordBytes: 10 })), { position: 1 });
  await assert.rejects(collectAll(jsonMembers(body(), { records: 1 })), { position: 18 });
  assert.equal((await collectAll(jsonMembers(body(), { bytes: 24, recordBytes: 16, records: 2 }))).length, 2);
});

test('yields a million elements one by one', () => {
  const content = bytes(`[${Array.from({ length: 1_000_000 }, (_, index) => index).join(',')}]`);
  const splitter = new JsonSplitter(
    { types: ['array'] },
    { bytes: 1e9, recordBytes: 6, records: 1e6, depth: 1 },
  );
  let sum = 0;
  for (let from = 0; from < content.length; from += 65_536) {
    for (const { bytes: text } of splitter.push(content.subarray(from, from + 65_536)))
      sum += Number(text.toString());
  }
  splitter.end();
  assert.equal(sum, 499_999_500_000);
});

test('yields the members of inner objects when the content comes in pieces of any size', async () => {
  const inner = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  const outer = fc.dictionary(fc.string({ unit: 'binary' }), inner);
  await fc.assert(
    fc.asyncProperty(outer, spaced, pieceSizes, async (value, space, size) => {
      const text = JSON.stringify(value, null, space);
      const found = new Map<string, Map<string, unknown>>();
      const onGroup = (name: string): unknown => found.set(name, new Map());
      for await (const member of jsonGroupMembers(inChunks(bytes(text), size), onGroup))
        found.get(member.group)?.set(member.name, member.value());
      const parsed = Object.entries(JSON.parse(text) as Record<string, object>);
      assert.deepEqual(
        found,
        new Map(parsed.map(([name, members]) => [name, new Map(Object.entries(members))])),
      );
    }),
  );
});

test('yields the elements of one array in an object when the content comes in pieces of any size', async () => {
  const value = fc.record({ a: fc.jsonValue(), data: fc.array(fc.jsonValue()), z: fc.array(fc.jsonValue()) });
  await fc.assert(
    fc.asyncProperty(value, spaced, pieceSizes, async (object, space, size) => {
      const text = JSON.stringify(object, null, space);
      const parsed = JSON.parse(text) as typeof object;
      assert.deepEqual(await collectAll(jsonElementsOf('data', inChunks(bytes(text), size))), parsed.data);
      const array = JSON.stringify(object.data, null, space);
      assert.deepEqual(await collectAll(jsonElementsOf('data', inChunks(bytes(array), size))), parsed.data);
    }),
  );
});

test('fails at the place when an inner value is cut or malformed', async () => {
  const content = bytes('{"a":{"b":[1,{"é":"}"}],"c":2},"d":{}}');
  for (let length = 1; length < content.length; length++) {
    await assert.rejects(readGroups(inChunks(content.subarray(0, length), 4)), {
      position: length,
      message: 'ends too early',
    });
  }
  const cases: [string, string, number][] = [
    ['{"a":{"b":1,"b":2}}', 'the name "b" occurs twice', 12],
    ['{"a":{"b":1},"a":{}}', 'the name "a" occurs twice', 13],
    ['{"a":[]}', '"a" is not an object', 1],
    ['{"a":{"b":1]}', 'the object ends with the wrong bracket', 11],
    ['{"a":{"b":1}x,"c":{}}', 'not valid JSON', 12],
    ['{"a":{"b":1}{}}', 'not valid JSON', 12],
    ['{"a":{,}}', 'a member is missing between two commas', 6],
    ['{"a":{"b":1,}}', 'a member is missing between two commas', 12],
    ['{{}}', 'not valid JSON', 1],
    ['{"a":{"b" 1}}', 'not valid JSON', 10],
  ];
  for (const [text, message, position] of cases) {
    for (const size of [1, 3, 100]) {
      const error: unknown = await readGroups(inChunks(bytes(text), size)).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof JsonStreamError, text);
      assert.deepEqual([error.message, error.position], [message, position], text);
    }
  }
  for (const text of ['{"data":{}}', '{"data":1}', '{}', '{"Data":[1]}']) {
    await assert.rejects(collectAll(jsonElementsOf('data', inChunks(bytes(text)))), {
      message: 'no array "data" in the object',
    });
  }
});

test('refuses a record where it begins when it exceeds the nesting limit', async () => {
  const nested = (depth: number) => bytes(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  assert.equal((await collectAll(jsonMembers(inChunks(nested(limits.documentDepth - 1))))).length, 1);
  for (const deep of [nested(limits.documentDepth), bytes(`{"a":${'[{'.repeat(100_000)}`)]) {
    await assert.rejects(collectAll(jsonMembers(inChunks(deep, 1000))), {
      position: 1,
      message: `a record exceeds the nesting limit of ${limits.documentDepth}`,
    });
  }
});
