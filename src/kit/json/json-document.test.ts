import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import { parseBySchema, parseJson } from './json-document.ts';

const refuse = (fault: string): Error => new Error(`x ${fault}`);
const parsed = (text: string): unknown => parseJson(Buffer.from(text), refuse);
const brackets = '['.repeat(limits.documentDepth + 1);

test('skips a byte order mark', () => {
  assert.deepEqual(parsed('\uFEFF {"a": 1}'), { a: 1 });
});

test('refuses text that is not JSON, without control characters in the message', () => {
  assert.throws(() => parsed(''), /^Error: x is not JSON: /);
  assert.throws(() => parsed('{"a":"\x1b[2J'), /^Error: x is not JSON: \P{Cc}+$/u);
});

test('refuses bytes that are not UTF-8', () => {
  assert.throws(() => parseJson(Buffer.from('["\xe9"]', 'latin1'), refuse), /^Error: x is not UTF-8$/);
});

test('refuses a document that exceeds the nesting limit before it parses it', () => {
  for (const text of [brackets, brackets.replaceAll('[', '{'), `[${'[{'.repeat(limits.documentDepth)}`])
    assert.throws(() => parsed(text), /^Error: x exceeds the nesting limit of 100$/);
});

test('does not count brackets in strings or adjacent arrays as nesting', () => {
  const inTexts = [`"${brackets}`, `\\${brackets}`, `\\"${brackets}`];
  assert.deepEqual(parsed(JSON.stringify(inTexts)), inTexts);
  const beside = Array.from({ length: limits.documentDepth + 1 }, () => []);
  assert.deepEqual(parsed(JSON.stringify(beside)), beside);
});

test('names the place and the expected type when a document does not match its schema', () => {
  const schema = z.object({
    version: z.literal(1),
    kind: z.optional(z.enum(['a', 'b'])),
    layers: z.array(z.string().check(z.refine((text) => text !== '', 'empty'))),
    labels: z.optional(z.record(z.string(), z.strictObject({}))),
  });
  const read = (json: unknown): unknown => parseBySchema(schema, json, ({ fault }) => refuse(fault));
  assert.deepEqual(read({ version: 1, layers: ['x'] }), { version: 1, layers: ['x'] });
  for (const [json, message] of [
    [7, 'x is malformed: not the expected object'],
    [{ version: 2, layers: [] }, 'x is malformed at version: not one of 1'],
    [{ version: 1, kind: 'c', layers: [] }, 'x is malformed at kind: not one of a, b'],
    [{ version: 1, layers: ['x', 7] }, 'x is malformed at layers.1: not the expected string'],
    [{ version: 1, layers: [''] }, 'x is malformed at layers.0: empty'],
    [
      { version: 1, layers: [], labels: { 'a\x1b': 7 } },
      'x is malformed at labels.a: not the expected object',
    ],
    [
      { version: 1, layers: [], labels: { a: { 'b\x1b': 7 } } },
      'x is malformed at labels.a: unknown field "b\\u001b"',
    ],
  ] as const)
    assert.throws(() => read(json), { message: message });
});

test('refuses a document with a hundred thousand errors', () => {
  const json = Array.from({ length: 300_000 }, () => 7);
  assert.throws(
    () =>
      parseBySchema(z.object({ list: z.array(z.string()) }), { list: json }, ({ fault }) => refuse(fault)),
    {
      message: 'x is malformed: it has too many errors to list',
    },
  );
});
