import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportBuilds } from './report-builds.ts';

test('builds a slow report once, for the poll after it is ready', async () => {
  const builds = new ReportBuilds(1);
  const { promise, resolve } = Promise.withResolvers<string>();
  let count = 0;
  const build = (): Promise<string> => {
    count++;
    return promise;
  };
  assert.equal(await builds.take('a', build), undefined);
  assert.equal(await builds.take('a', build), undefined);
  resolve('report');
  assert.equal(await builds.take('a', build), 'report');
  assert.equal(count, 1);
  assert.equal(await builds.take('a', build), 'report');
  assert.equal(count, 2, 'a later report is by the advisories of its time');
});

test('builds again after a failure', async () => {
  const builds = new ReportBuilds(1000);
  await assert.rejects(
    builds.take('a', () => Promise.reject(new Error('busy'))),
    /busy/,
  );
  assert.equal(await builds.take('a', async () => 'report'), 'report');
});
