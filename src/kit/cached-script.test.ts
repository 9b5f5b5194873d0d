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

describe('a script whose compiled code is kept', () => {
  let place = '';
  let script = '';
  let kept = '';
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'clair-compiled-'));
    script = join(place, 'script.js');
    kept = join(place, 'code', 'build-1', 'scan');
    writeFileSync(script, '(words => { const late = () => words.join("+"); return late(); })');
  });
  afterEach(() => {
    rmSync(place, { recursive: true, force: true });
  });

  function run(): { readonly said: string; readonly keep: () => void } {
    const { value, saveCache } = runCachedScript(script, kept);
    return { said: (value as (words: readonly string[]) => string)(['a', 'b']), keep: saveCache };
  }

  test('runs alike from its text and from what was kept', () => {
    const first = run();
    first.keep();
    equal(first.said, 'a+b');
    equal(run().said, 'a+b');
  });

  test('runs what was kept: a text of the same length is taken for the same', () => {
    run().keep();
    writeFileSync(script, readFileSync(script, 'utf8').replace('+', '-'));
    equal(run().said, 'a+b');
  });

  test('keeps what was kept first', () => {
    run().keep();
    const before = readFileSync(kept);
    const again = run();
    again.keep();
    deepEqual(readFileSync(kept), before);
  });

  test('leaves code of other texts no place', () => {
    mkdirSync(join(place, 'code', 'build-0'), { recursive: true });
    run().keep();
    deepEqual(readdirSync(join(place, 'code')), ['build-1']);
    deepEqual(readdirSync(join(place, 'code', 'build-1')), ['scan']);
  });

  test('runs from its text where what was kept is cut off, empty or of something else', () => {
    run().keep();
    truncateSync(kept, 100);
    equal(run().said, 'a+b');
    truncateSync(kept, 0);
    equal(run().said, 'a+b');
    writeFileSync(kept, 'not code');
    equal(run().said, 'a+b');
  });

  test('loses nothing where nothing can be kept', () => {
    writeFileSync(join(place, 'code'), 'a file where the directory should be');
    const { said, keep } = run();
    keep();
    equal(said, 'a+b');
  });
});
