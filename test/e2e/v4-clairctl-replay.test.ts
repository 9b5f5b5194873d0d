import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import { loadFeeds } from './replay/load-feeds.ts';
import { startEndpoints } from './replay/replay.ts';
import { asText, postedManifests, textReports } from './replay/v4-clairctl.ts';
import { clairctlDeviations, clairctlReportDeviations } from './replay/v4-client-deviations.ts';
import { serveV4Layers } from './replay/v4-layer-server.ts';
import { V4Replay } from './replay/v4-replay.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';

/** The port of the API in `startEndpoints`. */
const apiPort = 16_060;

for (const engine of sharedEngines)
  test(`${engine.name}: v4 answers the requests of clairctl, and its reports are, like Clair's except for the listed deviations`, {
    skip,
  }, async (t) => {
    const exchanges = await start(t, engine);
    const lines = readV4Lines('v4-clairctl');
    for (const line of lines) {
      await repeatRequests(line, exchanges);
      if (line.status !== undefined) await exchanges.repeat(line);
    }
    exchanges.finish(t);
    const manifests = postedManifests(lines);
    const reports = textReports(lines).filter(({ images }) =>
      images.every((image) => manifests.has(repositoryOf(image))),
    );
    for (const { n, images, findings: theirs } of reports) {
      const ours = (await Promise.all(images.map((image) => findingsOf(image, manifests, exchanges)))).flat();
      const { without = [], added = [] } = clairctlReportDeviations[n] ?? {};
      const expected = theirs.filter((line) => !without.some((name) => line.includes(` ${name}`)));
      assert.deepEqual(ours.sort(), [...expected, ...added].sort(), `#${n}`);
    }
    t.diagnostic(`${reports.length} reports of clairctl`);
  });

async function start(t: TestContext, engine: SharedEngine): Promise<V4Replay> {
  const place = await engine.createEmptyLocation(t);
  const { ports } = await startEndpoints(t, place);
  await loadFeeds(engine, place, { sources: ['alpine', 'debian', 'osv'] });
  const port = ports.get(apiPort) ?? assert.fail('no port');
  return new V4Replay({ port, layers: await serveV4Layers(t) }, clairctlDeviations);
}

/** Repeats the requests that clairctl was seen to send. Of their responses, the recording has the statuses only. */
async function repeatRequests(
  { n, client_requests: requests = [] }: V4Line,
  exchanges: V4Replay,
): Promise<void> {
  for (const { method, path, body, status } of requests) {
    const answer = await exchanges.send({
      n,
      note: '',
      method,
      path,
      request_body: body === '' ? null : body,
    });
    assert.equal(answer.status, status, `#${n} ${method} ${path}`);
  }
}

function repositoryOf(image: string): string {
  return image.replace(/^127\.0\.0\.1:25005\//, '').replace(/[:@].*$/, '');
}

async function findingsOf(
  image: string,
  manifests: ReadonlyMap<string, string>,
  exchanges: V4Replay,
): Promise<string[]> {
  const manifest = manifests.get(repositoryOf(image)) ?? assert.fail(image);
  const { hash } = JSON.parse(manifest) as { readonly hash: string };
  const line = { n: 0, note: '' };
  const path = '/indexer/api/v1/index_report';
  const { status } = await exchanges.send({ ...line, method: 'POST', path, request_body: manifest });
  assert.equal(status, 201);
  const report = `/matcher/api/v1/vulnerability_report/${hash}`;
  return asText(image, (await exchanges.send({ ...line, method: 'GET', path: report })).body);
}
