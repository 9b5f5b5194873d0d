import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { StompHeaders } from '@stomp/stompjs';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { boolean, secretString, string, stringList, type ValuesOf } from '../core/setting.ts';
import { raceAbort } from '../kit/async/abort.ts';
import type { Transport } from '../plugin/transport.ts';
import { type BrokerTls, brokerSettings, brokerTlsOf } from './broker-settings.ts';
import { type Broker, brokerTransport } from './broker-transport.ts';
import { StompSocket } from './stomp-socket.ts';
import { type TransportContext, transportKind } from './transport-kind.ts';

const settings = {
  uris: stringList(
    'STOMP brokers, as `HOST:PORT`. The first that takes a message gets it. If empty, nothing is sent.',
  ),
  destination: string('Destination of the messages, such as `/queue/clair`.'),
  login: string('User at the broker (`notifier.stomp.user.login` in Clair v4).'),
  passcode: secretString('Password of the user (`notifier.stomp.user.passcode` in Clair v4).'),
  host: string('Virtual host at the broker.', '/'),
  tls: boolean('Connect with TLS. In Clair v4, the section `notifier.stomp.tls` says so.', false),
  ...brokerSettings,
} as const;

/** Settings of STOMP brokers. */
export type StompOptions = ValuesOf<typeof settings>;

/** Sends notifications to a STOMP broker, as the notifier of Clair v4 does. */
export const stomp = transportKind({
  name: 'stomp',
  readBy: 'programs',
  settings,
  open: (options, context) => (options.uris.length === 0 ? undefined : toBrokers(options, context)),
});

function toBrokers(options: StompOptions, context: TransportContext): Transport {
  if (options.destination === '')
    throw new ClairError('config-invalid', 'notifier.stomp needs a destination');
  const tls = brokerTlsOf('notifier.stomp', options);
  const brokers = options.uris.map((place): Broker => {
    const address = addressOf(place);
    return { place, send: (messages, signal) => sendAll({ address, options, tls }, messages, signal) };
  });
  return brokerTransport('notifier.stomp', brokers, options, context);
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`. An IPv6 address is in brackets. */
function addressOf(place: string): Address {
  const [, host = '', port = ''] = /^(\[[^\]]+\]|[^:/@]+):(\d{1,5})$/.exec(place) ?? [];
  if (host === '') throw new ClairError('config-invalid', 'notifier.stomp.uris must be HOST:PORT');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

interface Destination {
  readonly address: Address;
  readonly options: StompOptions;
  readonly tls: BrokerTls;
}

/** Messages that are sent before their receipts are waited for. */
const unconfirmedMax = 100;

/** Sends messages. Rejects unless the broker has sent a receipt for each. STOMP 1.2, RECEIPT. */
async function sendAll(
  destination: Destination,
  messages: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const session = await openSession(destination, signal);
  try {
    await raceAbort(session.connected, signal);
    let receipts: Promise<unknown>[] = [];
    for await (const message of messages) {
      receipts.push(session.send(message));
      if (receipts.length < unconfirmedMax) continue;
      await raceAbort(Promise.all(receipts), signal);
      receipts = [];
    }
    await raceAbort(Promise.all(receipts), signal);
  } finally {
    session.end();
  }
}

interface Session {
  readonly connected: Promise<unknown>;
  /** Resolves with the receipt of the message. */
  readonly send: (body: string) => Promise<unknown>;
  readonly end: () => void;
}

async function openSession({ address, options, tls }: Destination, signal: AbortSignal): Promise<Session> {
  // Loaded on demand: every command loads the list of transports.
  const stompjs = await import('@stomp/stompjs');
  const { login, passcode, host, destination } = options;
  const opened = Promise.withResolvers<unknown>();
  const failed = Promise.withResolvers<never>();
  // The failure counts only while something waits for it.
  failed.promise.catch(() => undefined);
  const headersOf = (headers: Readonly<Record<string, string>>): StompHeaders =>
    Object.assign(new stompjs.StompHeaders(), headers);
  const config = Object.assign(new stompjs.StompConfig(), {
    webSocketFactory: () => {
      const place = { ...address, signal };
      const socket = options.tls ? connectTls({ ...place, ...tls }) : connectTcp(place);
      socket.setTimeout(limits.deliveryMs, () => socket.destroy(new Error('the broker does not respond')));
      return new StompSocket(socket, 'tcp:', options.tls ? 'secureConnect' : 'connect');
    },
    connectHeaders: headersOf({ host, ...(login !== '' && { login, passcode }) }),
    reconnectDelay: 0,
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
    forceBinaryWSFrames: true,
    onConnect: opened.resolve,
    onWebSocketError: failed.reject,
    // The text of the broker may repeat what was sent.
    onStompError: () => {
      failed.reject(new Error('the broker replied with an error'));
    },
    onWebSocketClose: () => {
      failed.reject(new Error('the connection ended'));
    },
  });
  const client = new stompjs.Client(config);
  client.activate();
  let sent = 0;
  return {
    connected: Promise.race([opened.promise, failed.promise]),
    send(body) {
      const receipt = String(++sent);
      const { promise, resolve } = Promise.withResolvers<unknown>();
      client.watchForReceipt(receipt, resolve);
      const headers = headersOf({ receipt, 'content-type': 'application/json', persistent: 'true' });
      client.publish({ destination, body, headers });
      const confirmed = Promise.race([promise, failed.promise]);
      // It may fail before it is waited for.
      confirmed.catch(() => undefined);
      return confirmed;
    },
    end: () => {
      void client.deactivate();
    },
  };
}
