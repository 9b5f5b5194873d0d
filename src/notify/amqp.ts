import type { SocketOptions } from 'amqplib';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { secretStringList, string, type ValuesOf } from '../core/setting.ts';
import { raceAbort } from '../kit/async/abort.ts';
import type { Transport } from '../plugin/transport.ts';
import { type BrokerTls, brokerSettings, brokerTlsOf } from './broker-settings.ts';
import { type Broker, brokerTransport } from './broker-transport.ts';
import { type TransportContext, transportKind } from './transport-kind.ts';

const settings = {
  uris: secretStringList(
    'URLs of AMQP 0-9-1 brokers, `amqp://USER:PASSWORD@HOST:PORT/VHOST` or `amqps://…`. The first that takes a message gets it. If empty, nothing is sent.',
  ),
  exchange: string('Exchange that messages are published to. It must exist. If empty, the default exchange.'),
  routingkey: string('Routing key of the messages. For the default exchange, the name of the queue.'),
  ...brokerSettings,
} as const;

/** Settings of AMQP brokers. */
export type AmqpOptions = ValuesOf<typeof settings>;

/** Publishes notifications to an AMQP 0-9-1 broker, as the notifier of Clair v4 does. */
export const amqp = transportKind({
  name: 'amqp',
  readBy: 'programs',
  settings,
  open: (options, context) => (options.uris.length === 0 ? undefined : toBrokers(options, context)),
});

function toBrokers(options: AmqpOptions, context: TransportContext): Transport {
  if (options.routingkey === '') throw new ClairError('config-invalid', 'notifier.amqp needs a routingkey');
  const tls = brokerTlsOf('notifier.amqp', options);
  return brokerTransport(
    'notifier.amqp',
    options.uris.map((uri) => brokerAt(uri, options, tls)),
    options,
    context,
  );
}

function brokerAt(uri: string, options: AmqpOptions, tls: BrokerTls): Broker {
  const url = URL.parse(uri);
  if (url === null || !/^amqps?:$/.test(url.protocol))
    throw new ClairError('config-invalid', 'notifier.amqp.uris must be amqp or amqps URLs');
  return {
    place: url.host,
    async send(messages, signal) {
      try {
        await publish(url, options, { tls, messages, signal });
      } catch (error) {
        throw new Error(reasonOf(error), { cause: error });
      }
    },
  };
}

/** Returns the code and name of a reply, without the text of the broker, or else the error of the connection. AMQP 0-9-1 §1.2. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  const [reply] = /\b\d{3} \([A-Z_-]+\)/.exec(text) ?? [];
  if (reply !== undefined) return `the broker replied ${reply}`;
  return text.includes('got <ConnectionClose') ? 'the broker refused the virtual host' : text;
}

/** Messages that are sent before their confirmations are waited for. */
const unconfirmedMax = 100;

interface Publication {
  readonly tls: BrokerTls;
  readonly messages: AsyncIterable<string>;
  readonly signal: AbortSignal;
}

/** Publishes messages. Rejects unless the broker has put each of them into a queue. */
async function publish(
  url: URL,
  { exchange, routingkey }: AmqpOptions,
  { tls, messages, signal }: Publication,
): Promise<void> {
  // Loaded on demand: every command loads the list of transports.
  const { connect } = await import('amqplib');
  const socket: SocketOptions & { readonly signal: AbortSignal } = {
    ...tls,
    signal,
    timeout: limits.deliveryMs,
  };
  const connection = await connect(url.href, socket);
  // A connection that ends rejects what is waited for. Without a listener, its error would end the process.
  connection.on('error', () => undefined);
  try {
    const channel = await raceAbort(connection.createConfirmChannel(), signal);
    let unrouted = 0;
    channel.on('error', () => undefined);
    channel.on('return', () => unrouted++);
    if (exchange !== '') await raceAbort(channel.checkExchange(exchange), signal);
    const properties = {
      contentType: 'application/json',
      appId: 'clairV4-notifier',
      persistent: true,
      mandatory: true,
    };
    let unconfirmed = 0;
    for await (const message of messages) {
      channel.publish(exchange, routingkey, Buffer.from(message), properties);
      if (++unconfirmed % unconfirmedMax === 0) await raceAbort(channel.waitForConfirms(), signal);
    }
    await raceAbort(channel.waitForConfirms(), signal);
    if (unrouted > 0) throw new Error('no queue is bound to the exchange with this routing key');
  } finally {
    // What is confirmed stays so, whatever happens to the connection.
    await raceAbort(connection.close(), signal).catch(() => undefined);
  }
}
