import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction } from 'node:net';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { httpGet } from '../../kit/http/http-get.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { upstreamClient } from './download.ts';
import { mirrorClient } from './mirror.ts';
import { Reachability } from './reachability.ts';

/** Returns different loopback addresses without a listener. All listen before any is closed: the system may give a closed port again. */
async function closedPorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const hosts = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return hosts;
}

/** Returns a client whose attempts are counted by the pauses between them. Only the test moves its clock. */
function counting() {
  let clock = 0;
  let pauses = 0;
  const options = {
    sleep: () => {
      pauses++;
      return Promise.resolve();
    },
  };
  const reachability = new Reachability(() => clock);
  return {
    options,
    reachability,
    pass: (ms: number) => {
      clock += ms;
    },
    pauses: () => pauses,
  };
}

const unreached = {
  code: 'feed-unavailable',
  message: /^cannot reach 127\.0\.0\.1:\d+: Connection refused \(ECONNREFUSED\)$/,
};

test('tries an unreachable host once, not for each of its feeds', async () => {
  const { options, reachability, pass, pauses } = counting();
  const client = upstreamClient(options, reachability);
  const [host = ''] = await closedPorts(1);
  await assert.rejects(client.get(`${host}/1.json`), unreached);
  assert.equal(pauses(), limits.httpAttempts - 1);
  for (let feed = 2; feed < 100; feed++)
    await assert.rejects(client.get(`${host}/${feed}.json`), {
      code: 'feed-not-tried',
      message: /^cannot reach .*; it was not tried again$/,
    });
  assert.equal(pauses(), limits.httpAttempts - 1);
  pass(limits.hostDownMs);
  await assert.rejects(client.get(`${host}/1.json`), unreached);
});

test('tries three hosts and no other when there is no network', async () => {
  const { options, reachability, pauses } = counting();
  const client = upstreamClient(options, reachability);
  for (const host of await closedPorts(limits.offlineHosts))
    await assert.rejects(client.get(`${host}/feed`), unreached);
  const tried = pauses();
  for (let host = 0; host < 20; host++)
    await assert.rejects(client.get(`http://host-${host}.invalid/feed`), {
      code: 'feed-not-tried',
      message: /^not tried, as there is no network: none of 127\.0\.0\.1:\d+, .* can be reached$/,
    });
  assert.equal(pauses(), tried);
});

test('stops after two hosts when they take long to fail', () => {
  const { reachability, pass } = counting();
  for (const host of ['one', 'two']) {
    reachability.assertReachable(host);
    const since = reachability.now();
    pass(limits.connectMs);
    reachability.recordFailure(host, since, `cannot reach ${host}`);
  }
  assert.throws(() => {
    reachability.assertReachable('three');
  }, /none of one, two can be reached/);
});

test('tries other hosts after failures once one host has answered', async (context) => {
  const { options, reachability } = counting();
  const client = upstreamClient(options, reachability);
  const alive = await serveHttp(context, (_request, response) => response.writeHead(404).end());
  assert.equal(await client.get(`${alive}/feed`), 'absent');
  for (const host of await closedPorts(limits.offlineHosts + 2))
    await assert.rejects(client.get(`${host}/feed`), unreached);
  assert.equal(await client.get(`${alive}/feed`), 'absent');
});

test('tries an unreachable mirror once for all the hosts that it mirrors', async () => {
  const { options, reachability, pauses } = counting();
  const [mirror = ''] = await closedPorts(1);
  const client = mirrorClient(mirror, options, reachability);
  await assert.rejects(client.get('https://one.example/feed'), unreached);
  await assert.rejects(client.get('https://two.example/feed'), { code: 'feed-not-tried' });
  assert.equal(pauses(), limits.httpAttempts - 1);
});

test('throws when a 304 answers a request without a fingerprint', async (context) => {
  const url = await serveHttp(context, (_request, response) => response.writeHead(304).end());
  const answer = /answered 304 \(Not Modified\) to an unconditional request/;
  await assert.rejects(upstreamClient().get(url), { code: 'feed-unavailable', message: answer });
  assert.equal(await upstreamClient().get(url, '"a"\n'), 'unchanged');
});

test('gives up a host on a connect timeout, and does not try it again', async () => {
  let lookups = 0;
  const lookup: LookupFunction = () => {
    lookups++; // The server never answers.
  };
  const options = {
    connectMs: 20,
    connect: () => ({ lookup }),
    sleep: () => Promise.reject(new Error('a second attempt')),
  };
  await assert.rejects(httpGet('http://slow.invalid/feed', options), {
    message: 'no connection within 0.02 s',
    unreachable: 'slow.invalid',
  });
  assert.equal(lookups, 1);
});
