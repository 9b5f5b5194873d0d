import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FeatureEnvelope } from '../../src/api/http/v1/types.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { bookworm, dpkgStatus, fixedIn, osRelease, startV1, type V1Client } from './v1-client.ts';

const timeout = 300_000;

for (const engine of sharedEngines) {
  test(`${engine.name}: adds a fix without NamespaceName to the namespace of its vulnerability, for known and unknown features`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    await clair.postLayer({ Name: 'base', Path: layerFile(t) });
    for (const feature of ['curl', 'unknown']) {
      const FixedIn = [{ Name: feature, VersionFormat: 'dpkg', Version: '8' }];
      const { status, body } = await clair.postVulnerability({ Name: `CVE-${feature}`, FixedIn });
      assert.equal(status, 201, body);
      assert.deepEqual(await fixesOf(clair, `CVE-${feature}`), [
        { Name: feature, NamespaceName: bookworm, VersionFormat: 'dpkg', Version: '8' },
      ]);
    }
    const { Features: [curl] = [] } = await clair.layer('base');
    assert.deepEqual(
      curl?.Vulnerabilities?.map(({ Name }) => Name),
      ['CVE-curl'],
    );
  });

  test(`${engine.name}: uses the first of two fixes of a feature for a new vulnerability and the last for a known one`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const versions = async (...posted: string[]): Promise<(string | undefined)[]> => {
      const FixedIn = posted.flatMap((version) => fixedIn('curl', version));
      assert.equal((await clair.postVulnerability({ Name: 'CVE-1', FixedIn })).status, 201);
      return (await fixesOf(clair, 'CVE-1'))?.map(({ Version }) => Version) ?? [];
    };
    assert.deepEqual(await versions('#MINV#', '1', '2'), ['1']);
    assert.deepEqual(await versions('3', '4'), ['4']);
    assert.deepEqual(await versions('5', '#MINV#'), []);
  });
}

async function fixesOf(clair: V1Client, name: string): Promise<FeatureEnvelope['Features']> {
  const { body } = await clair.get(`/v1/namespaces/${bookworm}/vulnerabilities/${name}/fixes`);
  return (JSON.parse(body) as FeatureEnvelope).Features;
}

function layerFile(t: TestContext): string {
  const file = join(temporaryDirectory(t), 'layer.tar');
  writeFileSync(
    file,
    tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]),
  );
  return file;
}
