import { ClairError } from '../core/errors.ts';
import { secretString, type ValuesOf } from '../core/setting.ts';
import type { NotificationMessage, Transport } from '../plugin/transport.ts';
import { postSettings, postTargetOf } from './http-post.ts';
import { type TransportContext, type TransportKind, transportKind } from './transport-kind.ts';

/** A service with channels for people, each of which has a URL to post to. */
export interface ChannelService {
  /** The name of the kind, and of its settings below `notifier`. */
  readonly name: string;
  /** What messages call the service. */
  readonly displayName: string;
  /** What the reference says of the URL. */
  readonly endpoint: string;
  /** What is posted of a notice. */
  readonly payloadOf: (notification: NotificationMessage) => Promise<object>;
  /** Whether the status of an answer says that it was taken. */
  readonly isAccepted: (status: number) => boolean;
}

/** Where to tell, and how it is reached; empty where it is not set. */
export type ChannelOptions = ValuesOf<ReturnType<typeof settingsOf>>;

/**
 * A kind that posts notices as JSON to a channel of a service, each once: people need not be told again until they say that they
 * heard it.
 */
export function channelKind(service: ChannelService): TransportKind {
  return transportKind({
    name: service.name,
    readBy: 'people',
    settings: settingsOf(service),
    open: (options, context) => (options.endpoint === '' ? undefined : toChannel(service, options, context)),
  });
}

function settingsOf({ endpoint }: ChannelService) {
  // Whoever has the URL may post: it is a secret, and never shown.
  return { endpoint: secretString(endpoint), ...postSettings } as const;
}

function toChannel(
  { name, displayName, payloadOf, isAccepted }: ChannelService,
  options: ChannelOptions,
  { env }: TransportContext,
): Transport {
  const section = `notifier.${name}`;
  const { endpoint, post } = postTargetOf(section, options, env);
  if (endpoint.protocol !== 'https:')
    throw new ClairError('config-invalid', `${section}.endpoint takes a URL with https`);
  return {
    name,
    async deliver(notification, signal) {
      if (notification.previouslyDeliveredAt !== undefined) return;
      const body = JSON.stringify(await payloadOf(notification));
      const headers = [
        ['Content-Type', 'application/json'],
        ['Content-Length', Buffer.byteLength(body)],
      ] as const;
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        // Neither the message nor the error itself goes further: they may have the URL in them.
        throw new ClairError('delivery-failed', `${displayName} was not reached${codeOf(error)}`);
      });
      // What an answer says besides is not shown.
      if (!isAccepted(status)) throw new ClairError('delivery-failed', `${displayName} answered ${status}`);
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `: ${String(error.code)}` : '';
}
