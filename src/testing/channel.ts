import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import type { ChannelOptions } from '../notify/channel-kind.ts';
import type { TransportKind } from '../notify/transport-kind.ts';
import { sampleNotification } from '../plugin/contract/transport.ts';
import type { Transport } from '../plugin/transport.ts';
import { testAuthority } from './certificates.ts';
import { listenLocally } from './http-server.ts';

/** Starts a service with channels; returns the endpoint of one at this path and the requests that it received. */
export async function startChannel(context: TestContext, path: string, handler: RequestListener) {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('localhost');
  const received: { url: string | undefined; type: string | undefined; body: string }[] = [];
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    void request.toArray().then((pieces) => {
      const { url, headers } = request;
      const body = Buffer.concat(pieces as Buffer[]).toString();
      received.push({ url, type: headers['content-type'], body });
      handler(request, response);
    });
  });
  const endpoint = `https://${await listenLocally(context, server)}${path}`;
  const options: ChannelOptions = { endpoint, cafile: authority.cert, proxy: '' };
  return { options, received };
}

/** Opens a transport to a channel; fails if the options configure none. */
export function openChannel(kind: TransportKind, options: ChannelOptions): Transport {
  return (
    kind.open(options, { env: {}, isBatched: false, manifestNotifications: () => [] }) ??
    assert.fail('the transport is not configured')
  );
}

/** An expected failure of a delivery: its message, and secrets that must not appear anywhere in the error. */
export interface ExpectedFailure {
  readonly message: RegExp;
  readonly secret: RegExp;
  readonly signal: AbortSignal;
}

/** Asserts that a delivery to a channel fails as expected. */
export async function assertNotDelivered(
  kind: TransportKind,
  options: ChannelOptions,
  { message, secret, signal }: ExpectedFailure,
): Promise<void> {
  await assert.rejects(openChannel(kind, options).deliver(sampleNotification, signal), (error: Error) => {
    assert.match(error.message, message);
    assert.doesNotMatch(inspect(error, { depth: null, showHidden: true }), secret);
    assert.equal((error as Error & { code: string }).code, 'delivery-failed');
    return true;
  });
}
