import { deepEqual, equal } from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { runCachedScript } from './cached-script.ts';

describe('a script with a code cache', () => {
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

  test('does not replace a cache that exists', () => {
    run().saveCache();
    const before = readFileSync(cachePath);
    const again = run();
    again.saveCache();
    deepEqual(readFileSync(cachePath), before);
  });

  test('removes the caches of other texts', () => {
    mkdirSync(join(place, 'code', 'build-0'), { recursive: true });
    run().saveCache();
    deepEqual(readdirSync(join(place, 'code')), ['build-1']);
    deepEqual(readdirSync(join(place, 'code', 'build-1')), ['scan']);
  });

  test('runs from its text when the cache is truncated, empty or invalid', () => {
    run().saveCache();
    truncateSync(cachePath, 100);
    equal(run().result, 'a+b');
    truncateSync(cachePath, 0);
    equal(run().result, 'a+b');
    writeFileSync(cachePath, 'not code');
    equal(run().result, 'a+b');
  });

  test('runs when the cache cannot be written', () => {
    writeFileSync(join(place, 'code'), 'a file where the directory should be');
    const { result, saveCache } = run();
    saveCache();
    equal(result, 'a+b');
  });
});
