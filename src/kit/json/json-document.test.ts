import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import { parseJson, readBySchema } from './json-document.ts';

const refuse = (fault: string): Error => new Error(`x ${fault}`);
const parsed = (text: string): unknown => parseJson(Buffer.from(text), refuse);
const brackets = '['.repeat(limits.documentDepth + 1);

test('a byte order mark is passed over', () => {
  assert.deepEqual(parsed('\uFEFF {"a": 1}'), { a: 1 });
});

test('what is no JSON says so, with nothing in it that a terminal obeys', () => {
  assert.throws(() => parsed(''), /^Error: x is not JSON: /);
  assert.throws(() => parsed('{"a":"\x1b[2J'), /^Error: x is not JSON: \P{Cc}+$/u);
});

test('bytes that are no UTF-8 are refused instead of replaced', () => {
  assert.throws(() => parseJson(Buffer.from('["\xe9"]', 'latin1'), refuse), /^Error: x is not UTF-8$/);
});

test('a document that is nested without end is refused before it is parsed', () => {
  for (const text of [brackets, brackets.replaceAll('[', '{'), `[${'[{'.repeat(limits.documentDepth)}`])
    assert.throws(() => parsed(text), /^Error: x is nested without end$/);
});

test('what is no nesting is none: brackets in texts, and arrays beside each other', () => {
  const inTexts = [`"${brackets}`, `\\${brackets}`, `\\"${brackets}`];
  assert.deepEqual(parsed(JSON.stringify(inTexts)), inTexts);
  const beside = Array.from({ length: limits.documentDepth + 1 }, () => []);
  assert.deepEqual(parsed(JSON.stringify(beside)), beside);
});

test('a document that is otherwise than its schema says where, and what was expected', () => {
  const schema = z.object({
    version: z.literal(1),
    kind: z.optional(z.enum(['a', 'b'])),
    layers: z.array(z.string().check(z.refine((text) => text !== '', 'empty'))),
    labels: z.optional(z.record(z.string(), z.strictObject({}))),
  });
  const read = (json: unknown): unknown => readBySchema(schema, json, refuse);
  assert.deepEqual(read({ version: 1, layers: ['x'] }), { version: 1, layers: ['x'] });
  for (const [json, message] of [
    [7, 'x is malformed: not the expected object'],
    [{ version: 2, layers: [] }, 'x is malformed at version: none of 1'],
    [{ version: 1, kind: 'c', layers: [] }, 'x is malformed at kind: none of a, b'],
    [{ version: 1, layers: ['x', 7] }, 'x is malformed at layers.1: not the expected string'],
    [{ version: 1, layers: [''] }, 'x is malformed at layers.0: empty'],
    [
      { version: 1, layers: [], labels: { 'a\x1b': 7 } },
      'x is malformed at labels.a: not the expected object',
    ],
    [
      { version: 1, layers: [], labels: { a: { 'b\x1b': 7 } } },
      'x is malformed at labels.a: nothing is called "b\\u001b"',
    ],
  ] as const)
    assert.throws(() => read(json), { message: message });
});

test('a document in which a hundred thousand things are wrong is refused, too', () => {
  const json = Array.from({ length: 300_000 }, () => 7);
  assert.throws(() => readBySchema(z.object({ list: z.array(z.string()) }), { list: json }, refuse), {
    message: 'x is malformed: it has too many errors to list',
  });
});
