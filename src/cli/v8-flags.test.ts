import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Script } from 'node:vm';
import {
  collectGarbageEarly,
  resetV8Flags,
  tuneForFeeds,
  tuneForMatching,
  tuneForScans,
} from './v8-flags.ts';

const source = '(() => 1)';

/** Runs in a process of its own, whose flags are the defaults. Prints whether V8 rejects the compiled code of standard input. */
const check = `const cachedData = require('node:fs').readFileSync(0);
const { cachedDataRejected } = new (require('node:vm').Script)(${JSON.stringify(source)}, { cachedData });
process.stdout.write(String(cachedDataRejected));`;

function isRejectedByDefault(): string {
  const script = new Script(source);
  return execFileSync(process.execPath, ['-e', check], {
    input: script.createCachedData(),
    encoding: 'utf8',
  });
}

for (const [name, tune] of Object.entries({
  tuneForScans,
  collectGarbageEarly,
  tuneForMatching,
  tuneForFeeds,
}))
  test(`makes compiled code fit the next start when the flags of ${name} are reset`, () => {
    tune();
    resetV8Flags();
    assert.equal(isRejectedByDefault(), 'false');
  });
