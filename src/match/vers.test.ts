import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import { npm } from '../version/npm.ts';
import { parseVers } from './vers.ts';

const schemeOf = (type: string) => (type === 'npm' ? npm : undefined);

/** Returns an expression with as many single versions. */
function singles(count: number): string {
  return `vers:npm/${Array.from({ length: count }, (_, i) => `1.0.${i}`).join('|')}`;
}

test('reads as many constraints as the limit allows, and refuses more', () => {
  assert.equal(parseVers(singles(limits.versConstraints), schemeOf)?.length, limits.versConstraints);
  assert.equal(parseVers(singles(limits.versConstraints + 1), schemeOf), undefined);
});

test('takes a star as all versions, and refuses types without a scheme', () => {
  assert.deepEqual(parseVers('vers:npm/*', schemeOf), [{}]);
  assert.equal(parseVers('vers:deb/*', schemeOf), undefined);
});
