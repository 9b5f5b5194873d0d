import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { runCachedScript } from './cached-script.ts';

let place = '';
let script = '';
let cachePath = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'clair-compiled-'));
  script = join(place, 'script.js');
  cachePath = join(place, 'code', 'build-1', 'scan');
  writeFileSync(script, '(words => { const late = () => words.join("+"); return late(); })');
});
afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

function run(): { readonly result: string; readonly saveCache: () => void } {
  const { value, saveCache } = runCachedScript(script, cachePath);
  return { result: (value as (words: readonly string[]) => string)(['a', 'b']), saveCache };
}

test('gives the same result from its text and from the cache', () => {
  const first = run();
  first.saveCache();
  equal(first.result, 'a+b');
  equal(run().result, 'a+b');
});

test('runs the cache without comparing it with a text of the same length', () => {
  run().saveCache();
  writeFileSync(script, readFileSync(script, 'utf8').replace('+', '-'));
  equal(run().result, 'a+b');
});

test('adds the functions of the next runs to the cache, and no longer changes it after four', () => {
  const functions = ['a', 'b', 'c', 'd', 'e', 'f'].map(
    (name) => `const ${name} = () => { let x = 0; ${'x += words.length; '.repeat(100)} return x; };`,
  );
  const body = `${functions.join(' ')} return [a, b, c, d, e, f].slice(...words).map((f) => f()).length;`;
  writeFileSync(script, `(words => { ${body} })`);
  const sizeAfter = (range: readonly [number, number]): number => {
    const { value, saveCache } = runCachedScript(script, cachePath);
    equal((value as (words: readonly number[]) => number)(range), range[1] - range[0]);
    saveCache();
    const files = readdirSync(dirname(cachePath));
    equal(files.length, 1);
    return statSync(join(dirname(cachePath), files[0] ?? '')).size;
  };
  const ranges = [
    [0, 1],
    [1, 2],
    [0, 1],
    [2, 3],
    [0, 6],
  ] as const;
  const [one = 0, two = 0, twoAgain = 0, three = 0, threeAgain = 0] = ranges.map(sizeAfter);
  ok(two > one + 500, `${one} ${two}`);
  ok(Math.abs(twoAgain - two) < 100, `${two} ${twoAgain}`);
  ok(three > two + 500, `${two} ${three}`);
  equal(threeAgain, three);
});

test('removes the caches of other texts', () => {
  mkdirSync(join(place, 'code', 'build-0'), { recursive: true });
  run().saveCache();
  deepEqual(readdirSync(join(place, 'code')), ['build-1']);
  deepEqual(readdirSync(join(place, 'code', 'build-1')), ['scan-1']);
});

test('runs from its text when the cache is truncated, empty or invalid', () => {
  run().saveCache();
  truncateSync(`${cachePath}-1`, 100);
  equal(run().result, 'a+b');
  truncateSync(`${cachePath}-1`, 0);
  equal(run().result, 'a+b');
  writeFileSync(`${cachePath}-1`, 'not code');
  equal(run().result, 'a+b');
});

test('runs when the cache cannot be written', () => {
  writeFileSync(join(place, 'code'), 'a file where the directory should be');
  const { result, saveCache } = run();
  saveCache();
  equal(result, 'a+b');
});

test('replaces code that V8 rejects', () => {
  for (let i = 0; i < 4; i++) run().saveCache();
  truncateSync(`${cachePath}-4`, 100);
  // V8 remembers a text that it has compiled, and would not read the code of the same text.
  writeFileSync(script, readFileSync(script, 'utf8').replace('+', '*'));
  run().saveCache();
  deepEqual(readdirSync(dirname(cachePath)), ['scan-1']);
  // A text of the same length is not compared, so this runs the code of the cache.
  writeFileSync(script, readFileSync(script, 'utf8').replace('*', '-'));
  equal(run().result, 'a*b');
});
