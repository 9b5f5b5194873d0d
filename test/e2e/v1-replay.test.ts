import assert from 'node:assert/strict';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { startServer } from '../../src/cli/server.ts';
import { readConfig } from '../../src/config/config.ts';
import { serve } from '../../src/testing/http-server.ts';
import { readExchanges, recordings } from '../../src/testing/recordings.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';
import { isIncomparable, normalized, recordedAnswer } from './replay/compare.ts';
import { Conversation } from './replay/conversation.ts';
import {
  comparableAnswer,
  type Deviations,
  expectedAnswer,
  layerDeviations,
  vulnerabilityDeviations,
} from './replay/deviations.ts';

const skip = existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';
const names: Readonly<Record<string, Deviations>> = {
  'v1-layers': layerDeviations,
  'v1-vulnerabilities': vulnerabilityDeviations,
};

for (const engine of sharedEngines) {
  for (const [name, deviations] of Object.entries(names)) {
    test(`${engine.name}: ${name} is answered as Clair does, but for what is listed`, { skip }, async (t) => {
      const place = await engine.newPlace(t);
      const conversation = new Conversation(await placesOf(t, place));
      const unlisted: string[] = [];
      for (const exchange of readExchanges(name)) {
        const given = await conversation.repeat(exchange);
        if (isIncomparable(exchange)) continue;
        const deviation = deviations[exchange.n];
        const theirs = normalized(recordedAnswer(exchange));
        const answer = normalized(comparableAnswer(given, deviation));
        const expected = normalized(expectedAnswer(recordedAnswer(exchange), deviation));
        const difference = `#${exchange.n} ${exchange.method} ${exchange.path}\n  theirs ${JSON.stringify(theirs)}\n  ours   ${JSON.stringify(answer)}`;
        if (!isDeepStrictEqual(answer, expected)) unlisted.push(difference);
        else if (deviation !== undefined) t.diagnostic(`${deviation.rule}: ${difference}`);
        // A deviation that is none any more has to go.
        if (deviation !== undefined) assert.notDeepEqual(answer, theirs, `#${exchange.n} is as Clair's`);
      }
      assert.equal(unlisted.join('\n'), '');
    });
  }
}

test('every deviation is argued in docs/reference/deviations.md', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const headings = new Set(Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading));
  const rules = Object.values(names).flatMap((deviations) => Object.values(deviations).map(({ rule }) => rule));
  assert.deepEqual(
    rules.filter((rule) => !headings.has(rule)),
    [],
  );
});

/** A server on a new database, and what served layers to the real one. */
async function placesOf(t: TestContext, place: string) {
  const isPostgres = place.startsWith('postgres');
  const config = readConfig({
    env: {
      CLAIR_DATABASE_TYPE: isPostgres ? 'pgsql' : 'sqlite',
      [isPostgres ? 'CLAIR_DATABASE_OPTIONS_SOURCE' : 'CLAIR_DATABASE_OPTIONS_PATH']: place,
      CLAIR_API_ADDR: '127.0.0.1:0',
      CLAIR_API_HEALTHADDR: '127.0.0.1:0',
      CLAIR_UPDATER_INTERVAL: '0',
    },
  });
  const server = await startServer(config, { log: pino({ level: 'silent' }) });
  t.after(() => server[Symbol.asyncDispose]());
  const files = await serve(t, (request, response) => {
    const [, status, file] = /^(?:\/status\/(\d+))?(\/.*)$/.exec(request.url ?? '') ?? [];
    const path = join(recordings, 'layers', file ?? '');
    if (status === '302') response.writeHead(302, { Location: file }).end();
    else if (status !== undefined) response.writeHead(Number(status)).end();
    else if (existsSync(path)) createReadStream(path).pipe(response);
    else response.writeHead(404).end();
  });
  return { ports: new Map([[16_060, server.apiPort], [16_061, server.healthPort]]), files };
}
