import assert from 'node:assert/strict';
import { isKey, keyAfter, type VersionScheme } from '../version-scheme.ts';

/**
 * Checks the contract of a version scheme. `ascending` lists versions from the lowest to the highest, in the order of the native tool.
 * Versions that compare as equal share an inner list. Throws an assertion error on a violation.
 */
export function checkScheme(scheme: VersionScheme, ascending: readonly (readonly string[])[]): void {
  const all = ascending.flatMap((equal, rank) => equal.map((version) => ({ version, rank })));
  for (const a of all) {
    assertBounds(scheme, a.version);
    for (const b of all) {
      const expected = Math.sign(a.rank - b.rank);
      const pair = `${a.version} and ${b.version}`;
      assert.equal(Math.sign(scheme.compare(a.version, b.version) ?? Number.NaN), expected, pair);
      const [keyA, keyB] = [scheme.key(a.version), scheme.key(b.version)];
      if (isKey(keyA) && isKey(keyB))
        assert.equal(Math.sign(Buffer.compare(keyA, keyB)), expected, `the keys of ${pair}`);
    }
  }
}

/** Asserts that the key is not empty and does not begin with FF, and that `after` returns a higher key. */
function assertBounds(scheme: VersionScheme, version: string): void {
  const key = scheme.key(version);
  if (!isKey(key)) {
    assert.ok(key.unkeyable.length > 0, `${version} has no key, and \`unkeyable\` gives no reason`);
    return;
  }
  assert.ok(key.length > 0 && key[0] !== 0xff, `the key of ${version} is empty or begins with FF`);
  const after = keyAfter(scheme, version);
  if (isKey(after)) assert.ok(Buffer.compare(after, key) > 0, `after(${version}) is not above its key`);
}
