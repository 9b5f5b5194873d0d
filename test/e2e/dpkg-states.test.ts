import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GetAncestryResponse } from '../../src/api/http/v3/types.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { osRelease, startV1 } from './v1-client.ts';

const timeout = 300_000;

/** The states of dpkg(1) in which the files of a package are on disk, and those in which they are not. */
const withFiles = [
  'half-installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
  'installed',
];
const withoutFiles = ['not-installed', 'config-files'];

for (const engine of sharedEngines)
  test(`${engine.name}: lists packages whose files are on disk as features, configured or not`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const stanza = (state: string): string =>
      `Package: ${state}\nStatus: install ok ${state}\nArchitecture: amd64\nVersion: 1\n\n`;
    const content = [...withFiles, ...withoutFiles].map(stanza).join('');
    const path = join(temporaryDirectory(t), 'layer.tar');
    writeFileSync(path, tar([osRelease, { path: 'var/lib/dpkg/status', content }]));
    const { status, body } = await clair.postLayer({ Name: 'layer', Path: path });
    assert.equal(status, 201, body);
    const { Features = [] } = await clair.layer('layer');
    assert.deepEqual(Features.map(({ Name = '' }) => Name).toSorted(), withFiles.toSorted());
    const posted = { ancestry_name: 'image', format: 'Docker', layers: [{ hash: 'layer', path }] };
    const answer = await fetch(clair.url('/ancestry'), { method: 'POST', body: JSON.stringify(posted) });
    assert.equal(answer.status, 200, await answer.text());
    const { ancestry } = JSON.parse((await clair.get('/ancestry/image')).body) as GetAncestryResponse;
    const binary = (ancestry?.layers?.[0]?.detected_features ?? []).filter(
      (one) => one.feature_type === 'binary',
    );
    assert.deepEqual(binary.map(({ name = '' }) => name).toSorted(), withFiles.toSorted());
  });
