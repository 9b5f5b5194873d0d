/**
 * Replaces three servers of an earlier build one by one by servers of this one, and then by the earlier ones again, while clients post and
 * read. Checks that no request fails but with 503 and `Retry-After`, and that each notification arrives.
 *
 * Run: node test/upgrade/main.ts [--from COMMIT]
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { temporaryDirectory, temporarySchema } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from '../e2e/alpine-mirror.ts';
import { inCheckout } from '../e2e/clair.ts';
import { runServer, type ServeProcess } from '../e2e/serve-process.ts';
import { dpkgStatus, osRelease } from '../e2e/v1-client.ts';
import { Clients } from './clients.ts';
import { buildCommit } from './earlier-build.ts';
import { Rotation } from './rotation.ts';

/** The last commit of the schema before images had names. Migrations of later ones let its servers go on. */
const earlier = '27de922f';
const servers = 3;
const layerClients = 4;
/** Time in ms between two replacements. */
const stepMs = 3000;
/** Time in ms in which the last notifications must arrive. */
const lastMs = 60_000;

const { values } = parseArgs({ options: { from: { type: 'string', default: earlier } } });

void test(`upgrades from ${values.from} and back`, async (t) => {
  const programs = { old: buildCommit(values.from, temporaryDirectory(t)), new: inCheckout('bin/clair') };
  const rotation = new Rotation();
  const clients = new Clients(rotation, { path: layerFile(t) });
  const receiver = await receiveNotifications(t, clients);
  const env = {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_PAGINATIONKEY: Buffer.alloc(32, 'page').toString('base64'),
    CLAIR_DATABASE_TYPE: 'pgsql',
    CLAIR_DATABASE_OPTIONS_SOURCE: await temporarySchema(t),
    CLAIR_UPDATER_MIRROR: alpineMirror('upgrade-mirror', { '1.36.1-r0': ['CVE-2026-1'] }),
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
    CLAIR_NOTIFIER_HTTP_ENDPOINT: receiver.url,
  };
  const start = async (program: string): Promise<ServeProcess> => await runServer(t, ['serve'], env, program);
  for (let i = 0; i < servers; i++) await rotation.add(await start(programs.old));
  const stop = new AbortController();
  const work = Promise.all([
    clients.writeVulnerabilities(stop.signal),
    ...Array.from({ length: layerClients }, (_, i) => clients.postLayers(i, stop.signal)),
  ]);
  // A failure of a client must end the replacements, too.
  const failed = work.then(() => undefined);
  for (const program of [programs.new, programs.old, programs.new])
    for (let i = 0; i < servers; i++) {
      await Promise.race([setTimeout(stepMs), failed]);
      await rotation.replaceOldest(await start(program));
      report(t, clients, rotation);
    }
  stop.abort();
  await work;
  const end = performance.now() + lastMs;
  while (clients.notified.size < clients.written.size && performance.now() < end) await setTimeout(100);
  report(t, clients, rotation);
  const lost = [...clients.written].filter((name) => !clients.notified.has(name));
  assert.deepEqual(lost, [], 'lost notifications');
  assert.deepEqual(receiver.failures, []);
});

function report(t: TestContext, { written, notified, layers }: Clients, { counts }: Rotation): void {
  t.diagnostic(
    `${counts.requests} requests, ${counts.unavailable} of them 503; ${layers} layers; ` +
      `${written.size} vulnerabilities written, ${notified.size} of them notified`,
  );
}

function layerFile(t: TestContext): string {
  const path = join(temporaryDirectory(t), 'layer.tar');
  writeFileSync(
    path,
    tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]),
  );
  return path;
}

/** Starts a receiver, which reads each notification from the servers before it answers. */
async function receiveNotifications(
  t: TestContext,
  clients: Clients,
): Promise<{ readonly url: string; readonly failures: readonly string[] }> {
  const failures: string[] = [];
  const server = createServer((request, response) => {
    void json(request)
      .then(async (body) => {
        await clients.readNotification((body as { Notification: { Name: string } }).Notification.Name);
        response.end();
      })
      .catch((error: unknown) => {
        failures.push(String(error));
        response.writeHead(500).end();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, failures };
}
