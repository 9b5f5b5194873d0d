import { ClairError } from '../core/errors.ts';
import { secretString, type ValuesOf } from '../core/setting.ts';
import type { NotificationMessage, Transport } from '../plugin/transport.ts';
import { affectsImages } from './channel-message.ts';
import { postSettings, postTargetOf } from './http-post.ts';
import { type TransportContext, type TransportKind, transportKind } from './transport-kind.ts';

/** A chat service whose channels each have a URL to post to. */
export interface ChannelService {
  /** Name of the transport kind and of its section below `notifier`. */
  readonly name: string;
  /** Name of the service in error messages. */
  readonly displayName: string;
  /** Documentation of the setting `endpoint`. */
  readonly endpoint: string;
  /** Returns the body to post, before it is serialized as JSON. */
  readonly payloadOf: (notification: NotificationMessage) => Promise<object>;
  /** Whether a response status means that the service accepted the message. */
  readonly isAccepted: (status: number) => boolean;
}

/** Settings of a channel. `endpoint` is empty if the channel is not configured. */
export type ChannelOptions = ValuesOf<ReturnType<typeof settingsOf>>;

/**
 * Returns a transport kind that posts each notification once, as JSON, to a channel. It skips redeliveries, because people would read a
 * message twice.
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
  // The URL is the credential of the webhook, so it is treated as a secret.
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
    throw new ClairError('config-invalid', `${section}.endpoint must be an https URL`);
  return {
    name,
    wants: affectsImages,
    async deliver(notification, signal) {
      if (notification.previouslyDeliveredAt !== undefined) return;
      const body = JSON.stringify(await payloadOf(notification));
      const headers = [
        ['Content-Type', 'application/json'],
        ['Content-Length', String(Buffer.byteLength(body))],
      ] as const;
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        // The cause and its message may contain the URL, so neither is passed on.
        throw new ClairError('delivery-failed', `cannot reach ${displayName}${codeOf(error)}`);
      });
      // The response body may contain the URL, so the error leaves it out.
      if (!isAccepted(status)) throw new ClairError('delivery-failed', `${displayName} answered ${status}`);
    },
  };
}

function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return ': ABORT_ERR';
  return error instanceof Error && 'code' in error ? `: ${String(error.code)}` : '';
}
