import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { GetMessage } from 'amqplib';
import { type AmqpOptions, amqp } from '../../src/notify/amqp.ts';
import { type StompOptions, stomp } from '../../src/notify/stomp.ts';
import type { TransportContext } from '../../src/notify/transport-kind.ts';
import { checkTransport, sampleNotification } from '../../src/plugin/contract/transport.ts';
import type { ChangeDelivery, Transport } from '../../src/plugin/transport.ts';
import { testAuthority } from '../../src/testing/certificates.ts';
import { readV4Lines, recordings, type V4Line } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { proxyBefore } from '../../src/testing/tcp-proxy.ts';
import { noRabbit, Rabbit } from './rabbitmq.ts';
import { loadFeeds } from './replay/load-feeds.ts';
import { startEndpoints } from './replay/replay.ts';
import { serveV4Layers } from './replay/v4-layer-server.ts';
import {
  compareAddresses,
  compareNotifications,
  compareProperties,
  distinctNotifications,
  notifiedUpdates,
  recordedCallback,
  v4QueueDeviations,
} from './replay/v4-queue.ts';
import { V4Replay } from './replay/v4-replay.ts';

const skip = process.env['CI'] === undefined && noRabbit;
const timeout = 240_000;
const callback = 'http://clair.test:6060/notifier/api/v1/notification/';

const authority = testAuthority({ after } as unknown as TestContext);
let rabbit: Rabbit;
before(async () => {
  if (skip === false) rabbit = await Rabbit.start(authority.issue('localhost'));
});
after(async () => {
  if (skip === false) await rabbit.stop();
});

const context: TransportContext = {
  env: {},
  isBatched: false,
  manifestNotifications: (id, { images }) => images.map(({ identity }) => ({ id, identity })),
};

const unset = { callback, direct: false, rollup: 0, cafile: '', certfile: '', keyfile: '' } as const;

function openAmqp(options: Partial<AmqpOptions> = {}): Transport {
  const broker = { uris: [rabbit.url], exchange: 'clair', routingkey: 'key' };
  return amqp.open({ ...unset, ...broker, ...options }, context) ?? assert.fail();
}

function openStomp(options: Partial<StompOptions> = {}): Transport {
  const broker = { uris: [`127.0.0.1:${rabbit.ports.stomp}`], destination: '/queue/stomp', tls: false };
  const user = { login: 'guest', passcode: 'guest', host: '/' };
  return stomp.open({ ...unset, ...broker, ...user, ...options }, context) ?? assert.fail();
}

/** A change that affects some manifests, of which a page lists one. */
async function changeOf(manifests: number): Promise<ChangeDelivery> {
  const content = await sampleNotification.content();
  assert.ok('images' in content && sampleNotification.kind === 'change');
  const [image = assert.fail()] = content.images;
  const pages = Array.from({ length: manifests }, (_, i) => ({
    ...content,
    images: [{ ...image, identity: String(i), names: [`v4/sha256:${'a'.repeat(64)}`] }],
    hasMoreImages: i < manifests - 1,
  }));
  const [first = assert.fail()] = pages;
  return {
    ...sampleNotification,
    content: () => Promise.resolve(first),
    async *pages() {
      yield* pages;
    },
  };
}

function withinSeconds(seconds: number): AbortSignal {
  return AbortSignal.timeout(seconds * 1000);
}

function bodiesOf(messages: readonly GetMessage[]): unknown[] {
  return messages.map(({ content }) => JSON.parse(content.toString()) as unknown);
}

test('brokers get the address of a notification, or all manifests of it in lists', {
  skip,
  timeout,
}, async () => {
  await rabbit.bind('clair', 'key', 'amqp');
  const { name } = sampleNotification;
  const change = await changeOf(5);
  for (const [transport, direct, queue] of [
    [openAmqp(), openAmqp({ direct: true, rollup: 2 }), 'amqp'],
    [openStomp(), openStomp({ direct: true, rollup: 2 }), 'stomp'],
  ] as const) {
    await transport.deliver(change, withinSeconds(20));
    await direct.deliver(change, withinSeconds(20));
    const rows = Array.from({ length: 5 }, (_, i) => ({ id: name, identity: String(i) }));
    assert.deepEqual(bodiesOf(await rabbit.take(queue, 4)), [
      { callback: `${callback}${name}`, notification_id: name },
      ...[rows.slice(0, 2), rows.slice(2, 4), rows.slice(4)],
    ]);
    // A list is sent once. Receivers do not delete it.
    await direct.deliver({ ...change, previouslyDeliveredAt: change.createdAt }, withinSeconds(20));
    await checkTransport(transport);
    assert.deepEqual(await rabbit.take(queue, 0), []);
  }
});

test('a message counts as delivered only if the broker has put it into a queue', {
  skip,
  timeout,
}, async () => {
  await rabbit.bind('clair', 'key', 'amqp');
  const change = await changeOf(1);
  const fails = async (transport: Transport, message: RegExp): Promise<void> => {
    await assert.rejects(
      transport.deliver(change, withinSeconds(20)),
      (error: Error & { code?: unknown }) => {
        assert.equal(error.code, 'delivery-failed');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /planted/);
        return true;
      },
    );
  };
  const { ports } = rabbit;
  const at = (port: number): string => `127.0.0.1:${port}`;
  const away = 'amqp://guest:planted@127.0.0.1:1/';
  await fails(openAmqp({ uris: [away] }), /^cannot deliver to 127\.0\.0\.1:1: .*ECONNREFUSED/);
  await fails(
    openAmqp({ uris: [rabbit.url.replace(':guest@', ':planted@')] }),
    /replied 403 \(ACCESS-REFUSED\)/,
  );
  await fails(openAmqp({ uris: [`${rabbit.url}planted`] }), /refused the virtual host/);
  await fails(openAmqp({ exchange: 'planted' }), /replied 404 \(NOT.FOUND\)/);
  await fails(openAmqp({ routingkey: 'none' }), /no queue is bound/);
  await fails(openStomp({ uris: [at(1)] }), /^cannot deliver to 127\.0\.0\.1:1: .*ECONNREFUSED/);
  await fails(openStomp({ passcode: 'planted' }), /replied with an error/);
  await fails(openStomp({ host: 'planted' }), /replied with an error/);
  await fails(openStomp({ destination: '/exchange/none/planted' }), /replied with an error/);

  const secure = { uris: [`amqps://guest:guest@localhost:${ports.amqps}/`] };
  await fails(openAmqp(secure), /certificate/);
  await fails(openStomp({ uris: [`localhost:${ports.stomps}`], tls: true }), /certificate/);
  const cafile = authority.cert;
  await openAmqp({ ...secure, cafile }).deliver(change, withinSeconds(20));
  await openStomp({ uris: [`localhost:${ports.stomps}`], tls: true, cafile }).deliver(
    change,
    withinSeconds(20),
  );
  await fails(openAmqp({ uris: [rabbit.url.replace('amqp:', 'amqps:')] }), /wrong version number|ECONNRESET/);
  // The second broker takes what the first does not.
  await openAmqp({ uris: [away, rabbit.url] }).deliver(change, withinSeconds(20));
  await openStomp({ uris: [at(1), at(ports.stomp)] }).deliver(change, withinSeconds(20));
  assert.equal((await rabbit.take('amqp', 2)).length, 2);
  assert.equal((await rabbit.take('stomp', 2)).length, 2);
});

test('a notification fails if the connection ends or hangs before all messages are confirmed', {
  skip,
  timeout,
}, async (t) => {
  await rabbit.bind('clair', 'key', 'amqp');
  const change = await changeOf(1);
  const content = await change.content();
  const sent = (then: () => unknown): ChangeDelivery => ({
    ...change,
    async *pages() {
      yield content;
      await then();
      yield content;
    },
  });
  const direct = { direct: true, rollup: 1 };
  for (const [open, port] of [
    [(at: string) => openAmqp({ ...direct, uris: [`amqp://guest:guest@${at}/`] }), rabbit.ports.amqp],
    [(at: string) => openStomp({ ...direct, uris: [at] }), rabbit.ports.stomp],
  ] as const) {
    const { proxy, url } = await proxyBefore(t, `http://127.0.0.1:${port}`);
    const transport = open(new URL(url).host);
    await transport.deliver(change, withinSeconds(20));
    const hung = sent(() => {
      proxy.stall();
    });
    await assert.rejects(transport.deliver(hung, withinSeconds(0.3)), { name: 'TimeoutError' });
    proxy.resume();
    const cut = sent(() => proxy.refuse());
    await assert.rejects(transport.deliver(cut, withinSeconds(20)), { code: 'delivery-failed' });
  }
  await rabbit.take('amqp', 1);
  await rabbit.take('stomp', 1);
});

test('refuses settings of brokers that cannot work', () => {
  const uris = ['amqp://guest:planted@127.0.0.1/'];
  const none = { ...unset, exchange: '', routingkey: 'key', uris };
  const queue = { ...unset, login: '', passcode: '', host: '/', tls: false, destination: '/queue/x' };
  const opened = [
    () => amqp.open({ ...none, routingkey: '' }, context),
    () => amqp.open({ ...none, uris: ['planted'] }, context),
    () => amqp.open({ ...none, uris: ['http://planted/'] }, context),
    () => amqp.open({ ...none, callback: 'planted' }, context),
    () => amqp.open({ ...none, cafile: '/none' }, context),
    () => amqp.open({ ...none, certfile: '/none' }, context),
    () => amqp.open(none, { ...context, isBatched: true }),
    () => stomp.open({ ...queue, uris: ['planted'] }, context),
    () => stomp.open({ ...queue, uris: ['user:planted@host:1'] }, context),
    () => stomp.open({ ...queue, uris: ['host:1'], destination: '' }, context),
    () => stomp.open({ ...queue, uris: ['host:1'], callback: '' }, context),
  ];
  for (const open of opened)
    assert.throws(
      open,
      ({ code, message }: Error & { code?: unknown }) =>
        code === 'config-invalid' && !message.includes('planted'),
    );
  assert.equal(amqp.open({ ...none, uris: [] }, context), undefined);
  assert.equal(stomp.open({ ...queue, uris: [] }, context), undefined);
});

const noRecording =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';

for (const [i, engine] of sharedEngines.entries())
  test(`${engine.name}: brokers get what Clair v4 sends them except for the listed deviations, also after they were away`, {
    skip: skip || noRecording,
    timeout,
  }, async (t) => {
    const lines = readV4Lines('v4-notify-queue');
    const place = await affectedManifests(t, engine, lines);
    const { proxy, url } = await proxyBefore(t, rabbit.url);
    const isAway = i === 0;
    if (isAway) await proxy.refuse();
    const queue = `replay-${i}`;
    await rabbit.bind('clair', queue, queue);
    // One engine sends lists by AMQP and addresses by STOMP, the other the reverse.
    const [lists, addresses] = i === 0 ? (['AMQP', 'STOMP'] as const) : (['STOMP', 'AMQP'] as const);
    await startEndpoints(t, place, {
      CLAIR_NOTIFIER_AMQP_URIS: url.replace(/\/$/, ''),
      CLAIR_NOTIFIER_AMQP_EXCHANGE: 'clair',
      CLAIR_NOTIFIER_AMQP_ROUTINGKEY: queue,
      CLAIR_NOTIFIER_STOMP_URIS: `127.0.0.1:${rabbit.ports.stomp}`,
      CLAIR_NOTIFIER_STOMP_DESTINATION: `/queue/stomp-${queue}`,
      CLAIR_NOTIFIER_STOMP_LOGIN: 'guest',
      CLAIR_NOTIFIER_STOMP_PASSCODE: 'guest',
      [`CLAIR_NOTIFIER_${lists}_DIRECT`]: 'true',
      [`CLAIR_NOTIFIER_${lists}_ROLLUP`]: '2',
      [`CLAIR_NOTIFIER_${addresses}_CALLBACK`]: recordedCallback,
    });
    const changes = distinctNotifications(lines, 'amqp').length;
    const counts = { [lists]: changes, [addresses]: notifiedUpdates(distinctNotifications(lines, 'amqp')) };
    const byStomp = await rabbit.take(`stomp-${queue}`, counts['STOMP'] ?? 0);
    if (isAway) await proxy.open();
    const byAmqp = await rabbit.take(queue, counts['AMQP'] ?? 0);
    const received = { AMQP: byAmqp, STOMP: byStomp };
    const properties = compareProperties(lines, received);
    const equal = compareNotifications(distinctNotifications(lines, 'amqp'), received[lists]);
    compareAddresses(lines, received[addresses]);
    t.diagnostic(`${equal} notifications, all equal; ${properties} messages by both protocols compared`);
  });

/** The manifests of the recording, and changes of nearly all advisories that affect them. Returns the place of the database. */
async function affectedManifests(
  t: TestContext,
  engine: SharedEngine,
  lines: readonly V4Line[],
): Promise<string> {
  const place = await engine.createEmptyLocation(t);
  const { ports } = await startEndpoints(t, place);
  const port = ports.get(16_060) ?? assert.fail('no port');
  const exchanges = new V4Replay({ port, layers: await serveV4Layers(t) }, {});
  for (const manifest of lines.find(({ manifests }) => manifests !== undefined)?.manifests ?? []) {
    const request_body = JSON.stringify(manifest);
    const post = { n: 0, note: '', method: 'POST', path: '/indexer/api/v1/index_report', request_body };
    assert.equal((await exchanges.send(post)).status, 201);
  }
  await markTransportsSeen(engine, place);
  // A first load makes no notification, so the first tracker has a single package that no manifest has.
  const directory = temporaryDirectory(t);
  const tracker = 'security-tracker.debian.org/tracker/data/json';
  cpSync(join(recordings, 'feeds-v4'), directory, { recursive: true, preserveTimestamps: true });
  const all = JSON.parse(readFileSync(join(directory, tracker), 'utf8')) as { readonly apt: unknown };
  rmSync(join(directory, tracker));
  writeFileSync(join(directory, tracker), JSON.stringify({ apt: all.apt }));
  await loadFeeds(engine, place, { directory, sources: ['debian'] });
  await loadFeeds(engine, place, { sources: ['debian'] });
  return place;
}

/** A transport gets no change from before it was first seen. */
async function markTransportsSeen(engine: SharedEngine, place: string): Promise<void> {
  await using store = await engine.open(place, {});
  await store.notifications.beginTransports(['amqp', 'stomp']);
}

test('docs/reference/deviations.md explains the deviations of messages to brokers', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  for (const rule of v4QueueDeviations.rules) assert.ok(text.includes(`\n### ${rule}\n`), rule);
});
