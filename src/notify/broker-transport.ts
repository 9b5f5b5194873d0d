import { ClairError, messageOf } from '../core/errors.ts';
import type { NotificationMessage, Transport } from '../plugin/transport.ts';
import type { BrokerOptions } from './broker-settings.ts';
import { affectsManifest, callbackMessage, callbackOf } from './clair4-callback.ts';
import type { TransportContext } from './transport-kind.ts';

/** A broker that takes messages. Several of them are alternatives. */
export interface Broker {
  /** Host and port, without a user. */
  readonly place: string;
  /** Sends messages and resolves when the broker has confirmed all of them. */
  readonly send: (messages: AsyncIterable<string>, signal: AbortSignal) => Promise<void>;
}

/** Returns a transport that sends a notification to the first broker that takes it. */
export function brokerTransport(
  section: string,
  brokers: readonly Broker[],
  options: BrokerOptions,
  context: TransportContext,
): Transport {
  if (context.isBatched)
    throw new ClairError('config-invalid', `notifier.digest cannot be combined with ${section}`);
  const { direct } = options;
  const callback = direct ? '' : callbackOf(`${section}.callback`, options.callback);
  const messagesOf = (notification: NotificationMessage): AsyncIterable<string> =>
    direct ? directMessages(notification, options, context) : one(callbackMessage(callback, notification));
  return {
    name: section.replace('notifier.', ''),
    wants: affectsManifest,
    // Messages that have everything are of one change each.
    ...(!direct && { isPerUpdate: true }),
    async deliver(notification, signal) {
      signal.throwIfAborted();
      // Receivers do not delete a notification that is sent as a whole.
      if (direct && notification.previouslyDeliveredAt !== undefined) return;
      if (!(await affectsManifest(notification))) return;
      await sendToFirst(brokers, () => messagesOf(notification), signal);
    },
  };
}

async function sendToFirst(
  brokers: readonly Broker[],
  messages: () => AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const failures: string[] = [];
  let cause: unknown;
  for (const { place, send } of brokers) {
    try {
      await send(messages(), signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      cause = error;
      failures.push(`cannot deliver to ${place}: ${messageOf(error)}`);
    }
  }
  throw new ClairError('delivery-failed', failures.join('; '), { cause });
}

async function* one(message: string): AsyncGenerator<string> {
  yield message;
}

/** Yields lists of at most `rollup` notifications of manifests. */
async function* directMessages(
  notification: NotificationMessage,
  { rollup }: BrokerOptions,
  { manifestNotifications }: TransportContext,
): AsyncGenerator<string> {
  if (notification.kind !== 'change') return;
  const size = Math.max(rollup, 1);
  let waiting: object[] = [];
  for await (const content of notification.pages?.() ?? [await notification.content()]) {
    waiting.push(...manifestNotifications(notification.name, content));
    for (; waiting.length >= size; waiting = waiting.slice(size))
      yield JSON.stringify(waiting.slice(0, size));
  }
  if (waiting.length > 0) yield JSON.stringify(waiting);
}
