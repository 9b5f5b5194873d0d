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

test('a package requires those of the names it gives, and those that provide them', () => {
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

test('of alternatives the first that is installed counts', () => {
  assert.deepEqual(edges({ name: 'a', requires: ['x|c|b'] }, { name: 'b' }, { name: 'c' })[0], [2]);
});

test('a package of the name goes before one that provides it', () => {
  assert.deepEqual(
    edges({ name: 'a', requires: ['b'] }, { name: 'c', provides: ['b'] }, { name: 'b' })[0],
    [2],
  );
});

test('of two architectures that of the package counts, and any where it has none of its own', () => {
  const libc = (arch: string): Sample => ({ name: 'libc6', arch });
  const needs = (arch: string): Sample => ({ name: 'a', arch, requires: ['libc6'] });
  assert.deepEqual(edges(needs('i386'), libc('amd64'), libc('i386'))[0], [2]);
  assert.deepEqual(edges(needs('all'), libc('amd64'), libc('i386'))[0], [1, 2]);
});

test('what is not installed is left out, and a package all of whose requirements are missing is unknown', () => {
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

test('a circle of dependencies is kept', () => {
  assert.deepEqual(edges({ name: 'a', requires: ['b'] }, { name: 'b', requires: ['a'] }), [[1], [0]]);
});

test('more dependencies than the limit leave those of the remaining packages unknown', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `p${i}`);
  const found = edges(...names.map((name) => ({ name, requires: names })));
  const known = found.filter((each) => each !== undefined);
  assert.ok(known.length < names.length && known.flat().length <= limits.dependenciesPerImage);
});
