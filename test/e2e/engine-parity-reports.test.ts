import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { temporarySchema } from '../../src/testing/store-engines.ts';
import { clair, inCheckout, type Run, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** Runs a command on a database of each engine, twice, so that the second run fetches and reads nothing. */
async function onBoth(context: TestContext, name: string, args: readonly string[]): Promise<Run[]> {
  const places = [join(scratch, `${name}.db`), await temporarySchema(context)];
  return [...places, ...places].map((place) => {
    const run = clair([...args, '--db', place]);
    assert.equal(run.status, 0, run.stderr);
    return run;
  });
}

function assertSame(runs: readonly Run[]): void {
  const reports = runs.map(({ stdout }) => stdout.replaceAll(/"(fetchedAt)": *"[^"]+"/g, '"$1"'));
  for (const report of reports) assert.equal(report, reports[0]);
}

test('writes the same bytes of a report on both engines', async (t) => {
  const mirror = inCheckout('examples/mirror');
  const args = ['scan', inCheckout('examples/image.tar'), '--mirror', mirror, '--format', 'json'];
  const runs = await onBoth(t, 'example', args);
  assertSame(runs);
  assert.equal((JSON.parse(runs[0]?.stdout ?? '') as Report).matches.length, 13);
});

corpusTest('writes the same reports of real images with their feeds on both engines', async (t) => {
  for (const name of ['alpine-minirootfs-3.20.3-x86_64.tar.gz', 'almalinux-8-20230523-s390x-micro.tar.xz']) {
    const args = ['scan', corpus(`images/${name}`), '--mirror', corpusMirror(), '--format', 'json'];
    const runs = await onBoth(t, name, args);
    assertSame(runs);
    const { packages, matches } = JSON.parse(runs[0]?.stdout ?? '') as Report;
    assert.ok(packages.length > 10 && matches.length > 0, name);
  }
});
