import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { clair, inCheckout, scratch } from './clair.ts';

const args = [
  'scan',
  inCheckout('examples/image.tar'),
  '--mirror',
  inCheckout('examples/mirror'),
  '--format',
  'json',
];

test('finds the advisories in all of several concurrent scans on an empty database', async () => {
  const db = join(scratch, 'shared.db');
  const runs = Array.from({ length: 4 }, async () => {
    const child = spawn(inCheckout('bin/clair'), [...args, '--db', db], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return JSON.parse(output) as { verdict: string; matches: unknown[]; coverage: { status: string }[] };
  });
  for (const { verdict, matches, coverage } of await Promise.all(runs)) {
    assert.equal(verdict, 'vulnerable');
    assert.equal(matches.length, 13);
    assert.equal(coverage[0]?.status, 'complete');
  }
});

test('uses the database of a scan that was killed while fetching', async () => {
  const db = join(scratch, 'killed.db');
  for (const delayMs of [60, 90, 120, 150, 200]) {
    const child = spawn(inCheckout('bin/clair'), [...args, '--db', db], { stdio: 'ignore' });
    const killer = setTimeout(() => child.kill('SIGKILL'), delayMs);
    await once(child, 'close');
    clearTimeout(killer);
  }
  const { status, stdout } = clair([...args, '--db', db]);
  assert.equal(status, 0);
  assert.equal((JSON.parse(stdout) as { matches: unknown[] }).matches.length, 13);
});
