import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { limits } from '../../kit/limits.ts';
import { parseDocument } from './documents.ts';

const texts = z.array(z.string());
const brackets = '['.repeat(limits.documentDepth + 1);

test('a document that is nested without end is refused before it is parsed', () => {
  for (const text of [brackets, brackets.replaceAll('[', '{'), `[${'[{'.repeat(limits.documentDepth)}`])
    assert.throws(
      () => parseDocument(Buffer.from(text), 'x', texts),
      /x is malformed: it is nested without end/,
    );
});

test('what is no nesting is none: brackets in texts, and arrays beside each other', () => {
  const inTexts = [`"${brackets}`, `\\${brackets}`, `\\"${brackets}`];
  assert.deepEqual(parseDocument(Buffer.from(JSON.stringify(inTexts)), 'x', texts), inTexts);
  const beside = `[${Array(limits.documentDepth + 1)
    .fill('[]')
    .join()}]`;
  assert.equal(parseDocument(Buffer.from(beside), 'x', z.array(z.array(z.string()))).length, 101);
});
