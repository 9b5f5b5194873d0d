import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { dpkgStatus, osRelease, startV1 } from './v1-client.ts';

for (const engine of sharedEngines)
  test(`${engine.name}: refuses an unknown format after Clair's other checks`, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const Path = join(temporaryDirectory(t), 'layer.tar');
    writeFileSync(
      Path,
      tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]),
    );
    const answer = async (layer: { Name: string; ParentName?: string }): Promise<string> => {
      const { status, body } = await clair.postLayer({ ...layer, Path, Format: 'rkt' });
      return `${status} ${(JSON.parse(body) as { Error?: { Message: string } }).Error?.Message ?? ''}`;
    };
    const unsupported = "400 unsupported image format 'rkt'";
    assert.equal(await answer({ Name: 'base' }), unsupported);
    await clair.postLayer({ Name: 'base', Path });
    assert.equal(await answer({ Name: 'base' }), '201 ');
    assert.equal(await answer({ Name: 'child', ParentName: 'base' }), unsupported);
    assert.match(await answer({ Name: 'child', ParentName: 'none' }), /^400 worker: parent layer is unknown/);
  });
