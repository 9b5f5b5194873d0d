import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import { dependenciesOf } from './dependencies.ts';

interface Sample {
  readonly name: string;
  readonly type?: string;
  readonly arch?: string;
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
}

function edges(...samples: readonly Sample[]): (readonly number[] | undefined)[] {
  return dependenciesOf(samples.map((sample) => ({ type: 'deb', ...sample })));
}

test('resolves a requirement to the packages of that name and to those that provide it', () => {
  assert.deepEqual(
    edges(
      { name: 'a', requires: ['b', 'mail'] },
      { name: 'b', requires: [] },
      { name: 'exim', provides: ['mail'], requires: ['a'] },
      { name: 'postfix', provides: ['mail'] },
    ),
    [[1, 2, 3], [], [0], undefined],
  );
});

test('uses the first installed alternative', () => {
  assert.deepEqual(edges({ name: 'a', requires: ['x|c|b'] }, { name: 'b' }, { name: 'c' })[0], [2]);
});

test('prefers a package of the name to one that provides it', () => {
  assert.deepEqual(
    edges({ name: 'a', requires: ['b'] }, { name: 'c', provides: ['b'] }, { name: 'b' })[0],
    [2],
  );
});

test("prefers the package's own architecture, and uses any if there is no such package", () => {
  const libc = (arch: string): Sample => ({ name: 'libc6', arch });
  const needs = (arch: string): Sample => ({ name: 'a', arch, requires: ['libc6'] });
  assert.deepEqual(edges(needs('i386'), libc('amd64'), libc('i386'))[0], [2]);
  assert.deepEqual(edges(needs('all'), libc('amd64'), libc('i386'))[0], [1, 2]);
});

test('omits what is not installed, and is unknown when no requirement is installed', () => {
  assert.deepEqual(edges({ name: 'a', requires: ['b', 'gone'] }, { name: 'b', requires: ['gone'] }), [
    [1],
    undefined,
  ]);
});

test('packages of another type and the package itself meet no requirement', () => {
  assert.deepEqual(
    edges({ name: 'a', provides: ['v'], requires: ['v', 'b'] }, { name: 'b', type: 'apk' })[0],
    undefined,
  );
});

test('keeps a circle of dependencies', () => {
  assert.deepEqual(edges({ name: 'a', requires: ['b'] }, { name: 'b', requires: ['a'] }), [[1], [0]]);
});

test('leaves dependencies of the remaining packages unknown above the limit', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `p${i}`);
  const found = edges(...names.map((name) => ({ name, requires: names })));
  const known = found.filter((each) => each !== undefined);
  assert.ok(known.length < names.length && known.flat().length <= limits.dependenciesPerImage);
});
