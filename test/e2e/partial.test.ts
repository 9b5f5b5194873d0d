import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { memoryRegistry } from '../../src/testing/memory-registry.ts';
import { pushTableImage, serveRange } from '../../src/testing/partial-registry.ts';
import { estargzLayer } from '../../src/testing/table-layers.ts';
import { clairBeside, scratch } from './clair.ts';

const noise = Buffer.concat(
  Array.from({ length: 40_000 }, (_, i) => createHash('sha512').update(`${i}`).digest()),
);
const layer = estargzLayer([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.1\n' },
  { path: 'lib/apk/db/installed', content: 'P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\n' },
  { path: 'opt/noise.png', content: noise },
]);

test('says that a layer was read by its table of contents, and a gate refuses it', async (t) => {
  const registry = await memoryRegistry(t);
  registry.intercept = (request, response) => serveRange(registry, request, response);
  pushTableImage(registry, [layer]);
  const scan = ['scan', `registry:${registry.host}/app`, '--offline', '--format', 'json'];
  const database = ['--db', join(scratch, 'partial.db')];
  const partial = await clairBeside([...scan, ...database, '--partial']);
  const { coverage, layers, packages, verdict } = JSON.parse(partial.stdout) as Report;
  assert.deepEqual(
    packages.map(({ name }) => name),
    ['musl'],
  );
  assert.deepEqual(
    coverage.filter(({ namespace }) => namespace === 'layers').map(({ status, reason }) => [status, reason]),
    [
      [
        'complete',
        `read by table of contents, which may differ from the archives of the layers: ${layer.diffId}`,
      ],
    ],
  );
  assert.deepEqual([layers[0]?.verified, verdict], [false, 'not-assessed']);
  assert.ok(!registry.requests.some(({ url, headers }) => url.includes(layer.digest) && !headers.range));
  const gated = await clairBeside([...scan, ...database, '--partial', '--fail-on', 'not-verified']);
  assert.equal(gated.status, 1);
  const whole = await clairBeside([...scan, ...database, '--fail-on', 'not-verified']);
  assert.equal(whole.status, 4, 'nothing is known about the package');
  const report = JSON.parse(whole.stdout) as Report;
  assert.ok(!report.coverage.some(({ namespace }) => namespace === 'layers'));
});
