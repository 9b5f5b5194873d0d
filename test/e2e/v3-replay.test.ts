import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { GetAncestryResponse } from '../../src/api/http/v3/types.ts';
import type { VersionKey } from '../../src/plugin/version-scheme.ts';
import { type Exchange, readExchanges, recordings } from '../../src/testing/recordings.ts';
import { affectedRow, feedUpdate, record, stream } from '../../src/testing/store-content.ts';
import { type SharedEngine, sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { apk } from '../../src/version/apk.ts';
import { Replay, startEndpoints } from './replay/replay.ts';
import { detectors, v3Deviations } from './replay/v3-deviations.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';

for (const engine of sharedEngines) {
  test(`${engine.name}: the v3 API responds like Clair except for the listed deviations`, {
    skip,
  }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const notification = await fill(engine, place);
    const replay = new Replay(t, await startEndpoints(t, place), v3Deviations);
    replay.conversation.learn('11111111-2222-3333-4444-555555555555', notification);
    const exchanges = readExchanges('v3-rest');
    const layer = oldAlpine(t, exchanges);
    for (const exchange of exchanges) await replay.repeat(ofThisServer(exchange, layer));
    replay.finish();
  });
}

/**
 * Fills the database like that of the recorded server: with an advisory, and a notification of a change to it. Our change is in the fixed
 * version, which notifications do not show. Returns the name of the notification.
 */
async function fill(engine: SharedEngine, place: string): Promise<string> {
  await using store = await engine.open(place, {});
  for (const version of ['1.1.22-r4', '1.1.22-r3']) {
    const affected = affectedRow('musl', {
      namespace: { name: 'alpine:v3.10', versionScheme: 'apk' },
      range: { to: version },
      fix: { state: 'fixed', version },
      keys: { lo: new Uint8Array(), hi: apk.key(version) as VersionKey },
    });
    const link = 'https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2019-14697';
    const musl = record('CVE-2019-14697', { links: [link], severity: 'Unknown', affected: [affected] });
    await store.advisories.apply(feedUpdate({ source: 'alpine', feed: 'v3.10/main' }), stream([musl]));
  }
  await store.notifications.createFromEvents(9);
  const due = await store.notifications.findDue(9);
  return due.find(({ old }) => old !== null)?.name ?? assert.fail('nothing changed');
}

/** The layer that was not kept with the recording, rebuilt from the packages in the recording. */
function oldAlpine(t: TestContext, exchanges: readonly Exchange[]): string {
  const { ancestry } = JSON.parse(
    exchanges.find(({ n }) => n === 3)?.response_body ?? '',
  ) as GetAncestryResponse;
  const entries = ancestry?.layers?.[0]?.detected_features?.map(({ name = '', version = '' }) => {
    const origin = name === 'musl-utils' ? 'musl' : name;
    return `P:${name}\nV:${version}\nA:x86_64\no:${origin}\n\n`;
  });
  const path = join(temporaryDirectory(t), 'alpine-3.10-old.tar');
  const files = { 'etc/alpine-release': '3.10.1\n', 'lib/apk/db/installed': entries?.join('') ?? '' };
  writeFileSync(path, tar(Object.entries(files).map(([name, content]) => ({ path: name, content }))));
  return path;
}

/** Returns an exchange with our detectors in place of Clair's, and with a layer that exists. */
function ofThisServer(exchange: Exchange, oldLayer: string): Exchange {
  const { request_body: sent, response_body: received } = exchange;
  const isJson = received?.startsWith('{') === true;
  return {
    ...exchange,
    request_body: sent?.replace('{layers}/alpine-3.10-old.tar', oldLayer) ?? null,
    response_body: isJson ? JSON.stringify(JSON.parse(received), inOurDetectors) : received,
  };
}

function inOurDetectors(key: string, value: unknown): unknown {
  if (key === 'detectors') return detectors;
  if (key !== 'detector') return value;
  const { name } = value as { readonly name: string };
  return detectors.find((detector) => detector.name === name) ?? value;
}

test('docs/reference/deviations.md explains every deviation of the v3 API', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const headings = new Set(Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading));
  const rules = [
    ...Object.values(v3Deviations),
    { rule: 'The status lists the detectors of this server' },
  ].map(({ rule }) => rule);
  assert.deepEqual(
    rules.filter((rule) => !headings.has(rule)),
    [],
  );
});
